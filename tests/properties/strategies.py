"""Random entries, writes and filters, small enough to collide."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import strategies as st

from memory_service.model.entry import EntryDraft
from memory_service.model.filters import And, Compare, Field, Filter, FilterValue, Not, Operator, Or
from memory_service.model.write import Forget, OnConflict, Put
from tests.support.builders import passages_of
from tests.support.clock import START

IDS = st.sampled_from(["a", "b", "c", "d", "e/f", "'; DROP TABLE entry; --"])
WORDS = ["launch", "june", "rocket", "Ann's", "Zürich", "会议记录", "42", "the", "why?", "x?.y"]
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)
SPEAKERS = st.none() | st.sampled_from(["Ann", "Bob"])
SESSIONS = st.none() | st.sampled_from(["s1", "s2"])
TURNS = st.none() | st.integers(-2, 3)
SCOPES = st.none() | st.sampled_from(["team", "team/x", "teams", "/"])
TAGS = st.lists(st.sampled_from(["red", "blue", "it's"]), max_size=2, unique=True).map(tuple)
KEYS = ["priority", "a/b", "x~y", '"]; --', "$.priority", ""]
VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.sampled_from([0.5, -0.0, 1e300, 2**53 + 1, -(2**63)])
    | st.sampled_from(["", "1", "true", "red", "'"])
)
METADATA = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=3)


def _near(base: datetime, offset: int, zone: int) -> datetime:
    return (base + timedelta(hours=offset)).astimezone(timezone(timedelta(hours=zone)))


TIMES = st.builds(_near, st.just(START), st.integers(-2, 2), st.sampled_from([0, 2, -5]))
EXPIRIES = st.none() | st.builds(_near, st.just(START), st.integers(1, 6), st.just(0))


@st.composite
def drafts(draw: st.DrawFn) -> EntryDraft:
    """A draft, every field of it in play."""
    return EntryDraft(
        id=draw(IDS),
        text=draw(TEXTS),
        summary=draw(st.none() | TEXTS),
        kind=draw(st.none() | st.sampled_from(["fact", "event"])),
        scope=draw(SCOPES),
        tags=draw(TAGS),
        metadata=draw(METADATA),
        session=draw(SESSIONS),
        turn=draw(TURNS),
        speaker=draw(SPEAKERS),
        source=draw(st.none() | st.just("slack")),
        event_time=draw(st.none() | TIMES),
        expires_at=draw(EXPIRIES),
    )


@st.composite
def puts(draw: st.DrawFn) -> Put:
    """A put, with no, one or two passages."""
    draft = draw(drafts())
    seeds = draw(st.sampled_from([None, (1,), (2,), (3, 4), (5,)]))
    return Put(
        draft=draft,
        passages=None if seeds is None else passages_of(draft, *seeds),
        on_conflict=draw(st.sampled_from(OnConflict)),
        collapse=draw(st.booleans()),
        if_version=draw(st.none() | st.integers(0, 2)),
        created_at=draw(st.none() | st.just(datetime(2020, 1, 1, tzinfo=UTC))),
    )


FORGETS = st.builds(Forget, id=IDS, if_version=st.none() | st.integers(0, 2))

_ORDERED = [
    Operator.EQ,
    Operator.NE,
    Operator.GT,
    Operator.GTE,
    Operator.LT,
    Operator.LTE,
]
_STRINGS = st.sampled_from(["a", "fact", "team", "s1", "Ann", "slack", "' OR TRUE --", ""])


def _compares(
    fields: list[Field], operators: list[Operator], values: st.SearchStrategy[FilterValue]
) -> st.SearchStrategy[Filter]:
    return st.builds(
        _compare,
        st.sampled_from(fields),
        st.sampled_from(operators),
        st.lists(values, min_size=1, max_size=3),
    )


def _compare(field: Field, operator: Operator, values: list[FilterValue], key: str = "") -> Filter:
    many = operator in (Operator.IN, Operator.ANY, Operator.ALL)
    return Compare(
        field=field, operator=operator, values=tuple(values if many else values[:1]), key=key
    )


_NAMES = [Field.ID, Field.KIND, Field.SCOPE, Field.SESSION, Field.SPEAKER, Field.SOURCE]
_WHENS = [Field.EVENT_TIME, Field.CREATED_AT, Field.UPDATED_AT, Field.EXPIRES_AT]
_PRESENT = VALUES.filter(lambda value: value is not None)
_LEAVES = st.one_of(
    _compares(_NAMES, [Operator.EQ, Operator.NE, Operator.IN], _STRINGS),
    _compares([Field.SCOPE], [Operator.PREFIX], st.sampled_from(["team", "team/", "tea", "/"])),
    _compares([Field.TAGS], [Operator.ANY, Operator.ALL], st.sampled_from(["red", "it's", "x"])),
    _compares([Field.TURN], _ORDERED, st.integers(-2, 3) | st.just(0.5)),
    _compares(_WHENS, _ORDERED, TIMES),
    _compares([*_NAMES, *_WHENS, Field.TURN, Field.TAGS], [Operator.EXISTS], st.booleans()),
    st.builds(
        _compare,
        st.just(Field.METADATA),
        st.sampled_from([*_ORDERED, Operator.IN]),
        st.lists(_PRESENT, min_size=1, max_size=3),
        st.sampled_from(KEYS),
    ),
    st.builds(
        _compare,
        st.just(Field.METADATA),
        st.just(Operator.EXISTS),
        st.lists(st.booleans(), min_size=1, max_size=1),
        st.sampled_from(KEYS),
    ),
)


def _joined(inner: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    several = st.lists(inner, max_size=3).map(tuple)
    return st.one_of(
        st.builds(And, filters=several),
        st.builds(Or, filters=several),
        st.builds(Not, filter=inner),
    )


FILTERS = st.recursive(_LEAVES, _joined, max_leaves=6)
