"""The table in `docs/settings.md`."""

from __future__ import annotations

from memory_service.settings.values import Setting, all_settings

_HEAD = "| Key | Variable | Default | Meaning | Allowed |\n|---|---|---|---|---|"


def settings_table() -> str:
    """Every setting as a Markdown table, in the order of `Settings`."""
    return "\n".join([_HEAD, *(_row(setting) for setting in all_settings())])


def shown(value: object) -> str:
    """A value as it would stand in the file; `-` for none."""
    if isinstance(value, bool):
        return str(value).lower()
    return "-" if value is None else str(value)


def _row(setting: Setting) -> str:
    default = "see below" if setting.required else f"`{shown(setting.default)}`"
    cells = [f"`{setting.key}`", f"`{setting.variable}`", default, setting.meaning]
    return "| " + " | ".join([*cells, setting.kind.allowed]) + " |"
