"""The lines of a gold file: questions, and the entries that answer them."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from memory_service.cli.json_lines import parse_line, refuse_line
from memory_service.engine.filter_grammar import parse_filter
from memory_service.engine.times import parse_time
from memory_service.engine.validation import check_id, check_namespace, check_text
from memory_service.errors import ConfigurationError, InvalidInputError, MalformedLineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from memory_service.cli.world import World

FIELDS = ("query", "ids", "namespace", "filter", "now")
_BOM = b"\xef\xbb\xbf"
_DIGEST_LENGTH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldQuestion:
    """A question and the entries that answer it.

    `gold` maps ids to relevance, those above 0 alone; it is empty when nothing remembered answers
    the question.  `filter` and `now` go into the recall as they are, if they are given.
    """

    line: int
    query: str
    namespace: str
    gold: Mapping[str, int]
    filter: Mapping[str, object] | None = None
    now: str | None = None

    @property
    def digest(self) -> str:
        """A name for this question that says nothing of it; the same for the same question.

        Another gold makes it another question: its measures cannot be compared.
        """
        whole = [self.query, self.namespace, dict(self.gold), self.filter, self.now]
        written = json.dumps(whole, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(written.encode()).hexdigest()[:_DIGEST_LENGTH]


def read_gold(world: World, file: str, *, namespace: str) -> list[GoldQuestion]:
    """The questions of a file, or of standard input; empty lines are passed over.

    Args:
        world: Whose standard input `-` means.
        file: A path, or `-`.
        namespace: Where questions go whose line names no other.

    Raises:
        ConfigurationError: If the file cannot be read.
        MalformedLineError: At the first line that is not a question.
        InvalidInputError: If there is no question.
    """
    questions = list(_questions(_content(world, file), namespace))
    if not questions:
        raise InvalidInputError(
            'The gold file holds no question; a line is {"query": "…", "ids": ["…"]}.'
        )
    return questions


def _content(world: World, file: str) -> bytes:
    if file == "-":
        return world.stdin.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}.") from error


def _questions(content: bytes, namespace: str) -> Iterator[GoldQuestion]:
    for number, raw in enumerate(content.removeprefix(_BOM).split(b"\n"), start=1):
        if raw.strip():
            yield _question(_parsed(raw, number), number, namespace)


def _parsed(raw: bytes, number: int) -> Mapping[str, object]:
    value = parse_line(raw, number)
    for key in value:
        if key not in FIELDS:
            near = difflib.get_close_matches(key, FIELDS, n=1)
            hint = f"perhaps it means {near[0]}" if near else f"there are {', '.join(FIELDS)}"
            refuse_line(f"has a field {json.dumps(key)} that no question has ({hint})", number)
    return value


def _question(parsed: Mapping[str, object], number: int, namespace: str) -> GoldQuestion:
    try:
        return GoldQuestion(
            line=number,
            query=_query(parsed.get("query")),
            namespace=_namespace(parsed.get("namespace"), namespace),
            gold=_gold(parsed.get("ids")),
            filter=_filter(parsed.get("filter")),
            now=_now(parsed.get("now")),
        )
    except InvalidInputError as error:
        raise MalformedLineError(
            f"Line {number:,}: {error.field}: {error.detail.rstrip('.')}.", line=number
        ) from None


def _query(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidInputError("a string, in every line", field="query")
    check_text(value, field="query")
    return value


def _namespace(value: object, otherwise: str) -> str:
    if value is None:
        return otherwise
    if not isinstance(value, str):
        raise InvalidInputError("a string", field="namespace")
    check_namespace(value)
    return value


def _gold(value: object) -> Mapping[str, int]:
    """Ids with their relevance; in a list, each counts 1."""
    if isinstance(value, list):
        graded = [(id, 1) for id in value]
    elif isinstance(value, dict):
        graded = list(value.items())
    else:
        raise InvalidInputError(
            "in every line, a list of ids (empty if nothing answers the question) or an object of "
            "ids with their relevance",
            field="ids",
        )
    return {_id(id): grade for id, grade in graded if _grade(grade) > 0}


def _id(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidInputError("an id is a string", field="ids")
    check_id(value, field="ids")
    return value


def _grade(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InvalidInputError("a relevance is a whole number from 0 on", field="ids")
    return value


def _filter(value: object) -> Mapping[str, object] | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise InvalidInputError('an object such as {"kind": "fact"}', field="filter")
    try:
        parse_filter(value)
    except InvalidInputError as error:
        raise InvalidInputError(error.detail, field=f"filter{error.field or ''}") from None
    return value


def _now(value: object) -> str | None:
    return None if value is None else parse_time(value, field="now").isoformat()
