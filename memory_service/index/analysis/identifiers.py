"""Names that people write without spaces, found whole and in parts.

`parse_args`, `parseArgs`, `HTTP-404`, `E1101`: the whole is a term of its own, spelled without
case and without its joints, so that the first two meet; and so is every part.
`src/app/main.py`, `os.path.join`, `Foo::bar`: every two neighbours are a term, as characters are
in writing without spaces, so that any stretch of a path finds it, whatever separates it.
`2.13.0`, `v1.2`, `3.5`: the whole and what it begins with (`2.13`); the single numbers are
indexed, but a query for a version does not ask for them.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import regex

from memory_service.index.analysis.pieces import Piece
from memory_service.index.analysis.writing import fold

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The longest version whose beginnings are terms, in numbers; of a longer one it is the first.
_LONGEST_VERSION = 6

_VERSION = r"\d++(?:\.\d++)++"
_COMPONENT = regex.compile(
    rf"(?P<version>{_VERSION})|(?P<name>(?:(?!\d++\.\d)(?:\d++|[^\d./\\:]))++)"
)
_JOINTS = regex.compile("[_-]+")
_UNSPOKEN = regex.compile("[_'-]+")
_CODE = regex.compile(r"\p{L}[\p{L}\p{M}\p{N}]*+(?:-[\p{L}\p{M}\p{N}]++)*?-\p{N}")
_LETTERS_AND_NUMBER = regex.compile(
    r"(?i)(\p{L}[\p{L}\p{M}]*+)(\p{N}++)|(\p{N}++)(?:st|nd|rd|th|(\p{L}[\p{L}\p{M}]*+))"
)
_HUMP = regex.compile(
    r"(?V1)\p{Lu}+(?=\p{Lu}\p{Ll}\p{Ll})|\p{Lu}?[[\p{L}\p{M}]--\p{Lu}]+\p{N}*|\p{Lu}++\p{N}*|\p{N}++"
)


def name_pattern(word: str) -> str:
    """Everything that hangs together, for `regex` in version 1; *word* is a word's pattern."""
    component = rf"(?:{word}(?:[_-]++{word})*+)"
    return rf"{component}(?:(?:[./\\]|::){component})*+"


def is_plain(name: str) -> bool:
    """Whether it is a word with nothing to take apart, as nearly all are: a test for speed."""
    return name.isalpha() and (name[1:].islower() or name.islower() or name.isupper())


def name_pieces(name: str) -> Iterator[Piece]:
    """The pieces of what `name_pattern` found."""
    components = list(_COMPONENT.finditer(name))
    for component in components:
        if component["version"]:
            yield from _version_pieces(component[0])
        else:
            attached = name[component.end() : component.end() + 1].isdigit()
            yield from _component_pieces(component[0], before_version=attached)
    if len(components) > 1:
        yield from _pair_pieces(name, components)


def _version_pieces(version: str) -> Iterator[Piece]:
    numbers = version.split(".")
    for length in range(min(len(numbers), _LONGEST_VERSION), 1, -1):
        yield Piece(version, ".".join(numbers[:length]), exact=True)
    for number in numbers:
        yield Piece(number, number, asked=False)


def _component_pieces(component: str, *, before_version: bool) -> Iterator[Piece]:
    words = [word for word in _JOINTS.split(component) if word]
    if len(words) > 1 and ("_" in component or _CODE.match(component)):
        yield Piece(component, _whole(component), exact=True)
    for word in words:
        if before_version and word in {"v", "V"}:
            yield Piece(word, word, asked=False)
        else:
            yield from _word_pieces(word)


def _word_pieces(word: str) -> Iterator[Piece]:
    """A word of letters and a number, or with capitals inside, also comes in parts."""
    bare = word[:-2] if word.endswith(("'s", "'S")) else word
    mixed = _LETTERS_AND_NUMBER.fullmatch(bare)
    parts = [part for part in mixed.groups() if part] if mixed else _humps(bare)
    if not parts:
        yield Piece(word, word)
        return
    yield Piece(word, _whole(bare), exact=True)
    if not mixed:
        # As it would be asked for in lower case, where nothing shows that it is a name.
        yield Piece(word, word, asked=False)
    for part in parts:
        if len(part) > 1 or not part.isalpha():
            yield Piece(part, part)


def _humps(word: str) -> list[str]:
    """The parts of a word with capitals inside; empty for any other."""
    if word.islower() or word[1:].islower() or word.isupper() or "'" in word:
        return []
    parts = _HUMP.findall(word)
    return parts if len(parts) > 1 else []


def _pair_pieces(name: str, components: list[regex.Match[str]]) -> Iterator[Piece]:
    """Neighbours in a path or a dotted name; a version is none."""
    for before, after in pairwise(components):
        if before.end() == after.start() or not (before["name"] and after["name"]):
            continue
        if _names_something(before[0]) or _names_something(after[0]):
            term = f"{_whole(before[0])}/{_whole(after[0])}"
            yield Piece(name[before.start() : after.end()], term, exact=True)


def _names_something(component: str) -> bool:
    """Neither an initial (`U.S.`) nor a bare number."""
    return len(component) > 1 and not component.isdigit()


def _whole(name: str) -> str:
    """Without case, joints and possessive."""
    return str(_UNSPOKEN.sub("", fold(name).removesuffix("'s")))
