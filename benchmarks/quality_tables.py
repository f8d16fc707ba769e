"""Tables of ranking quality and of the adaptive cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.tables import bounds, percent, table, title
from benchmarks.variants import PRODUCT
from memory_service.evaluation.measures import GRADED_NDCG, MEASURES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_HEADINGS = {measure.name: measure.heading for measure in (*MEASURES, GRADED_NDCG)}
_LEGS = ("lexical", "dense")
_OVERVIEW = ("ndcg_10", "recall_at_10")
#: The fixed number of hits that the overview compares with.
_TEN = "10"


def quality_tables(results: Sequence[Mapping[str, Any]]) -> str:
    """Every set in one table of rankings and one of cuts, then each set by itself; in percent."""
    return "\n\n".join([*_overview(results), *(_details(result) for result in results)])


def quality_page(results: Sequence[Mapping[str, Any]]) -> str:
    """The same with each set folded away, for a page."""
    folded = (
        f"<details><summary>{result['set']}</summary>\n\n{_details(result)}\n\n</details>"
        for result in results
    )
    return "\n\n".join([*_overview(results), *folded]) if results else ""


def _overview(results: Sequence[Mapping[str, Any]]) -> list[str]:
    return [_rankings(results), _cuts(results)]


def _rankings(results: Sequence[Mapping[str, Any]]) -> str:
    systems = (*_LEGS, PRODUCT)
    headings = ["set", "questions", "n"]
    for name in _OVERVIEW:
        headings += [f"{_HEADINGS[name]}: {systems[0]}", *systems[1:], "over the better leg"]
    rows = [
        [result["set"], part, f"{group['questions']:,}", *_compared(result, part)]
        for result in results
        for part, group in result["systems"][PRODUCT].items()
    ]
    return table(headings, rows)


def _compared(result: Mapping[str, Any], part: str) -> Iterator[str]:
    """Each system's mean, and the product's lead over the leg whose mean is higher."""
    for name in _OVERVIEW:
        means = {
            system: groups[part]["measures"][name]["mean"]
            for system, groups in result["systems"].items()
        }
        better = max(_LEGS, key=lambda leg: means[leg])
        yield from (percent(means[system]) for system in (*_LEGS, PRODUCT))
        yield bounds(result["differences"][f"{PRODUCT} - {better}"][part][name])


def _cuts(results: Sequence[Mapping[str, Any]]) -> str:
    headings = [
        "set", "questions", "10 hits: tokens", "gold kept", "adaptive: hits", "tokens",
        "precision", "gold kept", "tokens saved at gold of 10", "gold gained at tokens of 10",
    ]  # fmt: skip
    rows = []
    for result in results:
        for part, figures in result["cut"].items():
            ten, default = figures["fixed"][_TEN], figures["default"]
            rows.append(
                [
                    result["set"],
                    part,
                    *(_tokens(ten), percent(ten["gold_kept"])),
                    *_kept(default),
                    *_against(figures["against_fixed"][_TEN]),
                ]
            )
    return table(headings, rows)


def _details(result: Mapping[str, Any]) -> str:
    parts = [
        title(result),
        _measures(result),
        *_categories(result),
        *(_curve(part, figures) for part, figures in _apart(result["cut"])),
        _budgets(result["cut"]),
        _sentences(result),
    ]
    return "\n\n".join(parts)


def _measures(result: Mapping[str, Any]) -> str:
    groups = result["systems"][PRODUCT]
    rows = [
        [_HEADINGS[name], *(bounds(group["measures"][name]) for group in groups.values())]
        for name in next(iter(groups.values()))["measures"]
    ]
    return table([PRODUCT, *(f"{part} ({g['questions']:,})" for part, g in groups.items())], rows)


def _categories(result: Mapping[str, Any]) -> list[str]:
    systems = (*_LEGS, PRODUCT)
    lead = f"{PRODUCT} - lexical"
    headings = ["category", "questions", "n"]
    for name in _OVERVIEW:
        headings += [f"{_HEADINGS[name]}: {systems[0]}", *systems[1:], lead]
    rows = []
    for part, categories in result["categories"].items():
        for category, found in categories.items():
            row = [category or "none", part, f"{found['questions']:,}"]
            for name in _OVERVIEW:
                row += [percent(found[system][name]["mean"]) for system in systems]
                row.append(bounds(found[lead][name]))
            rows.append(row)
    return [table(headings, sorted(rows, key=lambda row: row[0]))] if rows else []


def _curve(part: str, figures: Mapping[str, Any]) -> str:
    """Fixed numbers of hits beside the adaptive cut, by what they cost."""
    rows = [
        [f"{k} hits", *_kept(kept), *_against(figures["against_fixed"][k])]
        for k, kept in figures["fixed"].items()
    ]
    rows += [
        [f"adaptive, {name}", *_kept(kept), "", ""] for name, kept in figures["points"].items()
    ]
    rows.append(["adaptive, as an agent asks", *_kept(figures["default"]), "", ""])
    headings = [part, "hits", "tokens", "precision", "gold kept", "tokens saved", "gold gained"]
    return table(headings, rows)


def _budgets(cuts: Mapping[str, Any]) -> str:
    rows = []
    for part, figures in _apart(cuts):
        for budget, by in figures["budgets"].items():
            row = [part, budget]
            for name in ("uncut", "adaptive"):
                row += [_tokens(by[name]), percent(by[name]["gold_kept"])]
            rows.append(row)
    headings = ["budget", "tokens", "ranking: used", "gold kept", "adaptive: used", "gold kept"]
    return table(headings, rows)


def _sentences(result: Mapping[str, Any]) -> str:
    own, seconds, endings = result["own_milliseconds"], result["seconds"], result["endings"]
    return (
        f"Answers end for: {_counts(endings['reasons'])}. "
        f"Evidence where there is gold: {_counts(endings['evidence'])}. "
        f"A recall takes {own['median']:.1f} ms besides the model (95th percentile "
        f"{own['p95']:.1f}). The run took {sum(seconds.values()):.0f} s, "
        f"{seconds['remember']:.0f} of them to remember."
    )


def _apart(cuts: Mapping[str, Any]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """The parts of a set, without the whole where there are two."""
    return list(cuts.items())[:2]


def _kept(figures: Mapping[str, float]) -> list[str]:
    shares = (percent(figures[name]) for name in ("precision", "gold_kept"))
    return [f"{figures['hits']:.1f}", _tokens(figures), *shares]


def _against(found: Mapping[str, Any]) -> list[str]:
    return [
        bounds(found[name]) if found[name] else "out of reach"
        for name in ("tokens_saved", "gold_gained")
    ]


def _tokens(figures: Mapping[str, float]) -> str:
    return f"{figures['tokens']:,.0f}"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items()) or "none"
