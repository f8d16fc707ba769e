"""What goes in and what comes back; all values, none of them connected to anything.

Words such as `status` or `evidence` are plain strings: a newer service may know more of them.
"""

from agent_client.models.entries import (
    Entry,
    Neighbours,
    Page,
    SessionPage,
    SessionSummary,
)
from agent_client.models.hits import Degradation, Hit, LegScores, Span, Turn
from agent_client.models.inputs import (
    Boosts,
    CutMode,
    EmbedMode,
    EntryChanges,
    EntryDetails,
    EntryDraft,
    FilterSpec,
    ListOrder,
    MetadataValue,
    NewEntry,
    NewEntryDetails,
    OnConflict,
    OnNone,
    RecallOptions,
)
from agent_client.models.outcomes import (
    Dropped,
    ForgetReport,
    Outcome,
    Problem,
    ProblemField,
    Receipt,
)
from agent_client.models.recalls import Cut, Recall, RecallBatch
from agent_client.models.state import (
    ModelStatus,
    NamespaceSummary,
    Reembed,
    ReembedReport,
    Status,
)

__all__ = [
    "Boosts",
    "Cut",
    "CutMode",
    "Degradation",
    "Dropped",
    "EmbedMode",
    "Entry",
    "EntryChanges",
    "EntryDetails",
    "EntryDraft",
    "FilterSpec",
    "ForgetReport",
    "Hit",
    "LegScores",
    "ListOrder",
    "MetadataValue",
    "ModelStatus",
    "NamespaceSummary",
    "Neighbours",
    "NewEntry",
    "NewEntryDetails",
    "OnConflict",
    "OnNone",
    "Outcome",
    "Page",
    "Problem",
    "ProblemField",
    "Recall",
    "RecallBatch",
    "RecallOptions",
    "Receipt",
    "Reembed",
    "ReembedReport",
    "SessionPage",
    "SessionSummary",
    "Span",
    "Status",
    "Turn",
]
