"""Tables of what each mechanism is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.tables import bounds, percent, table, title
from benchmarks.variants import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_HEADINGS = ["", "nDCG@10", "against the product", "recall_at_10", "against the product"]


def ablation_tables(results: Sequence[Mapping[str, Any]]) -> str:
    """Per set and part: every variant beside the product, in percent."""
    return "\n\n".join(f"{_title(result)}\n\n{_table(result)}" for result in results)


def _title(result: Mapping[str, Any]) -> str:
    questions = result["variants"][DEFAULT]["questions"]
    return f"{title(result)} Its {questions:,} questions with an answer that are {result['part']}:"


def _table(result: Mapping[str, Any]) -> str:
    return table(_HEADINGS, [_row(name, found) for name, found in result["variants"].items()])


def _row(name: str, found: Mapping[str, Any]) -> list[str]:
    row = ["the product" if name == DEFAULT else name]
    for measure in ("ndcg_10", "recall_at_10"):
        row.append(percent(found["measures"][measure]["mean"]))
        row.append("" if name == DEFAULT else bounds(found["difference"][measure]))
    return row
