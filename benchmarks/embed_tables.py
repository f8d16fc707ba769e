"""Tables of the model by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.tables import table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def embed_tables(results: Sequence[Mapping[str, Any]]) -> str:
    """Times beside the library's, agreement with it, starts and memory."""
    return "\n\n".join(part for result in results for part in _one(result))


def _one(result: Mapping[str, Any]) -> list[str]:
    run = result["run"]
    commit = run["code"]["commit"][:10] + (" and changes" if run["code"]["dirty"] else "")
    rows = [
        [label, *(f"{row[name]:.1f}" for name in ("median", "p95", "p99"))]
        for label, row in result["milliseconds"].items()
    ]
    faster, seconds = result["times_faster"], result["start_seconds"]
    agreement = result["agreement"]
    return [
        f"**{result['set']}**, {result['model']['precision']}: {run['machine']['cpu']}, "
        f"{run['machine']['cores']} cores, {run['at'][:10]}, seed {run['seed']}, commit {commit}.",
        table(["milliseconds", "median", "p95", "p99"], rows),
        f"One question {faster['one question']:.1f} times as fast as the library, 32 passages of "
        f"64 tokens {faster['32 x 64 tokens']:.1f} times; 32 questions in one call "
        f"{faster['32 questions in one call']:.1f} times as fast as in 32.  "
        f"Mean cosine {agreement['mean_cosine']:.4f}, top-10 agreement {agreement['top_10']:.3f}.  "
        f"First start {seconds['first']:.1f} s, next {seconds['next']:.1f} s, "
        f"an idle daemon {result['idle_megabytes']:.0f} MB.",
    ]
