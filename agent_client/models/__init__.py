"""What goes in and what comes back; all values, none of them connected to anything.

Words such as `status` or `evidence` are plain strings: a newer service may know more of them.
"""

from agent_client.models.entries import (
    Entry,
    History,
    Neighbours,
    Page,
    SessionPage,
    SessionSummary,
    Version,
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
    Moment,
    NamespaceSettings,
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
    RestoreReport,
)
from agent_client.models.recalls import Cut, Recall, RecallBatch
from agent_client.models.state import (
    ModelStatus,
    NamespaceSummary,
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
    "History",
    "Hit",
    "LegScores",
    "ListOrder",
    "MetadataValue",
    "ModelStatus",
    "Moment",
    "NamespaceSettings",
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
    "RestoreReport",
    "SessionPage",
    "SessionSummary",
    "Span",
    "Status",
    "Turn",
    "Version",
]
