"""`docs/settings.md` says what the code says."""

from __future__ import annotations

from pathlib import Path

from memory_service.settings import all_settings, settings_table

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_the_page_holds_the_generated_table() -> None:
    """Replace the table in the page with `settings_table()` when this fails."""
    page = PAGE.read_text(encoding="utf-8")

    assert settings_table() in page


def test_every_setting_has_a_meaning_that_is_a_sentence() -> None:
    for setting in all_settings():
        assert setting.meaning.endswith("."), setting.key
        assert setting.kind.allowed
