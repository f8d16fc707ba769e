"""A filter as a condition on rows of `entry`.  Values and metadata keys travel as parameters."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from memory_service.model.filters import And, Compare, Field, Filter, Not, Operator, Or
from memory_service.store.payload import instant

if TYPE_CHECKING:
    from memory_service.model.filters import FilterValue

_COLUMNS = {
    Field.ID: "id",
    Field.KIND: "kind",
    Field.SCOPE: "scope",
    Field.SESSION: "session",
    Field.TURN: "turn",
    Field.SPEAKER: "speaker",
    Field.SOURCE: "source",
    Field.EVENT_TIME: "event_at",
    Field.CREATED_AT: "created_at",
    Field.UPDATED_AT: "updated_at",
    Field.EXPIRES_AT: "expires_at",
}
_TIMES = (Field.EVENT_TIME, Field.CREATED_AT, Field.UPDATED_AT, Field.EXPIRES_AT)
_SIGNS = {
    Operator.EQ: "=",
    Operator.NE: "=",
    Operator.IN: "=",
    Operator.LT: "<",
    Operator.LTE: "<=",
    Operator.GT: ">",
    Operator.GTE: ">=",
}
_NUMBERS = "('BIGINT', 'UBIGINT', 'DOUBLE')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """SQL that is never NULL, and its parameters by name."""

    sql: str
    parameters: dict[str, object]


#: The condition that everything passes.
EVERYTHING = Condition(sql="TRUE", parameters={})


def compiled(filter: Filter | None) -> Condition:
    """The condition a filter means; a comparison that cannot be made is false."""
    if filter is None:
        return EVERYTHING
    compiler = _Compiler()
    return Condition(sql=compiler.condition(filter), parameters=compiler.parameters)


@dataclass(slots=True)
class _Compiler:
    parameters: dict[str, object] = field(default_factory=dict)

    def bound(self, value: object) -> str:
        """A parameter that holds *value*."""
        name = f"f{len(self.parameters)}"
        self.parameters[name] = value
        return f"${name}"

    def condition(self, filter: Filter) -> str:
        match filter:
            case And(filters=filters):
                return self._joined(" AND ", filters, "TRUE")
            case Or(filters=filters):
                return self._joined(" OR ", filters, "FALSE")
            case Not(filter=inner):
                return f"(NOT {self.condition(inner)})"
            case Compare():
                return f"coalesce({self._comparison(filter)}, FALSE)"

    def _joined(self, word: str, filters: tuple[Filter, ...], empty: str) -> str:
        return f"({word.join(map(self.condition, filters))})" if filters else empty

    def _comparison(self, compare: Compare) -> str:
        if compare.field is Field.TAGS:
            return self._tags(compare)
        if compare.operator is Operator.EXISTS:
            return self._exists(compare)
        if compare.operator is Operator.PREFIX:
            return self._prefix(str(compare.values[0]))
        one = self._metadata if compare.field is Field.METADATA else self._column
        any_of = " OR ".join(f"coalesce({one(compare, value)}, FALSE)" for value in compare.values)
        negated = "NOT " if compare.operator is Operator.NE else ""
        return f"{negated}({any_of or 'FALSE'})"

    def _tags(self, compare: Compare) -> str:
        if compare.operator is Operator.EXISTS:
            return f"(len(tags) > 0) = {self.bound(compare.values[0])}::BOOLEAN"
        function = "list_has_any" if compare.operator is Operator.ANY else "list_has_all"
        return f"{function}(tags, {self.bound(list(compare.values))}::VARCHAR[])"

    def _exists(self, compare: Compare) -> str:
        there = f"{_COLUMNS.get(compare.field)} IS NOT NULL"
        if compare.field is Field.METADATA:
            there = f"coalesce({self._json('json_type', compare.key)}, 'NULL') != 'NULL'"
        return f"({there}) = {self.bound(compare.values[0])}::BOOLEAN"

    def _prefix(self, prefix: str) -> str:
        stem = prefix.rstrip("/")
        if not stem:
            return "scope IS NOT NULL"
        whole, start = self.bound(stem), self.bound(stem + "/")
        return f"(scope = {whole}::VARCHAR OR starts_with(scope, {start}::VARCHAR))"

    def _column(self, compare: Compare, value: FilterValue) -> str:
        column, sign = _COLUMNS[compare.field], _SIGNS[compare.operator]
        if compare.field in _TIMES:
            if not isinstance(value, datetime):
                return "FALSE"
            return f"{column} {sign} {self.bound(instant(value))}::BIGINT"
        if compare.field is Field.TURN:
            return self._number(f"{column}::DOUBLE", sign, value)
        if not isinstance(value, str):
            return "FALSE"
        return f"{column} {sign} {self.bound(value)}::VARCHAR"

    def _number(self, left: str, sign: str, value: FilterValue) -> str:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return "FALSE"
        return f"{left} {sign} {self.bound(float(value))}::DOUBLE"

    def _metadata(self, compare: Compare, value: FilterValue) -> str:
        sign, key = _SIGNS[compare.operator], compare.key
        if isinstance(value, datetime) or (isinstance(value, bool) and sign != "="):
            return "FALSE"
        kind, text = self._json("json_type", key), self._json("json_extract_string", key)
        if isinstance(value, bool):
            return f"({kind} = 'BOOLEAN' AND {text} = {self.bound(str(value).lower())}::VARCHAR)"
        if isinstance(value, str):
            return f"({kind} = 'VARCHAR' AND {text} {sign} {self.bound(value)}::VARCHAR)"
        number = f"CASE WHEN {kind} IN {_NUMBERS} THEN TRY_CAST({text} AS DOUBLE) END"
        return self._number(f"({number})", sign, value)

    def _json(self, function: str, key: str) -> str:
        """A JSON function of the value at *key*, which is bound as a JSON pointer."""
        pointer = "/" + key.replace("~", "~0").replace("/", "~1")
        return f"{function}(metadata, {self.bound(pointer)}::VARCHAR)"
