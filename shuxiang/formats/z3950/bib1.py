"""Queries of the Bib-1 attribute set as CQL of our SRU server.

Source: Z39.50 Attribute Set BIB-1; Bib-1 diagnostics. What is not understood is refused with the
diagnostic of the attribute, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

ANY: Final = "cql.anywhere"
USES: Final[Mapping[int, str]] = {
    1: "bath.personalName",
    2: "bath.name",
    3: "bath.name",
    4: "dc.title",
    5: "bib.titleSeries",
    7: "bath.isbn",
    8: "bath.issn",
    12: "rec.identifier",
    20: "bib.classification",
    21: "dc.subject",
    30: "dc.date",
    31: "dc.date",
    54: "dc.language",
    1003: "dc.creator",
    1004: "bath.personalName",
    1005: "bath.name",
    1007: "bath.standardIdentifier",
    1016: ANY,
    1017: ANY,
    1018: "dc.publisher",
    1032: "rec.identifier",
    1035: ANY,
}
"""Use attribute → index. 20 is the local classification: here the Chinese Library Classification."""
_WORDS: Final = frozenset({"dc.title", "dc.creator", "dc.subject", "dc.publisher", ANY,
                           "bib.titleSeries", "bath.name", "bath.personalName"})  # fmt: skip
"""Indexes of text, in which words, beginnings and whole fields can be asked for."""
_RELATIONS: Final = {1: "<", 2: "<=", 3: "=", 4: ">=", 5: ">"}
_DATE: Final = "dc.date"

USE, RELATION, POSITION, STRUCTURE, TRUNCATION, COMPLETENESS = range(1, 7)
_UNSUPPORTED: Final = {
    RELATION: 117,
    STRUCTURE: 118,
    POSITION: 119,
    TRUNCATION: 120,
    COMPLETENESS: 122,
}
_STRUCTURES: Final = frozenset({1, 2, 3, 4, 5, 6, 100, 101, 103, 105, 106, 107, 108, 109})
_WORD_LISTS: Final = (2, 6, 105, 106)
DEEPEST: Final = 60


class Bib1Fault(Exception):
    """What the protocol answers instead: the number of a Bib-1 diagnostic and its addition."""

    def __init__(self, number: int, addition: str = "") -> None:
        super().__init__(f"{number}: {addition}")
        self.number, self.addition = number, addition


@dataclass(frozen=True, slots=True)
class Term:
    """A term with its attributes, type → value."""

    text: str
    attributes: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Joined:
    """Two queries joined by ``and``, ``or`` or ``not`` (the left without the right)."""

    operator: Literal["and", "or", "not"]
    left: Term | Joined
    right: Term | Joined


def cql(node: Term | Joined) -> str:
    """The query in CQL. Raises Bib1Fault."""
    if isinstance(node, Joined):
        return f"({cql(node.left)} {node.operator} {cql(node.right)})"
    index = _index(node.attributes)
    if node.attributes.get(RELATION) == 103:
        # Always matches: everything that has the index at all, as far as we can tell: everything.
        return "cql.allRecords = 1"
    text = " ".join(node.text.split())
    if not text:
        raise Bib1Fault(125, "empty term")
    return f"{index} {_relation(index, node.attributes)} {_term(index, text, node.attributes)}"


def scan_clause(node: Term) -> str:
    """The clause of a scan. Raises Bib1Fault."""
    return f"{_index(node.attributes)} = {_quoted(' '.join(node.text.split()) or '0')}"


def _index(attributes: Mapping[int, int]) -> str:
    for kind in attributes:
        if kind not in (USE, *_UNSUPPORTED):
            raise Bib1Fault(113, str(kind))
    use = attributes.get(USE, 1016)
    if use not in USES:
        raise Bib1Fault(114, str(use))
    return USES[use]


def _relation(index: str, attributes: Mapping[int, int]) -> str:
    relation = attributes.get(RELATION, 3)
    structure = attributes.get(STRUCTURE, 1 if index == ANY else 2)
    whole = attributes.get(COMPLETENESS, 1)
    if structure not in _STRUCTURES:
        raise Bib1Fault(118, str(structure))
    if whole not in (1, 2, 3):
        raise Bib1Fault(122, str(whole))
    if relation == 102:
        relation = 3
    if relation not in _RELATIONS:
        raise Bib1Fault(117, str(relation))
    sign = _RELATIONS[relation]
    if sign != "=":
        if index != _DATE:
            raise Bib1Fault(117, str(relation))
        return sign
    if index not in _WORDS:
        return "="
    if whole in (2, 3) and index != ANY:
        return "=="
    return "all" if STRUCTURE in attributes and structure in _WORD_LISTS else "="


def _term(index: str, text: str, attributes: Mapping[int, int]) -> str:
    """The term with its marks. Any part of a Chinese text is found as it is, so that a term that ends in
    a Chinese character needs none for right truncation; parts of other words are found in any word
    only. The beginning of a field is kept of titles."""
    position, truncation = attributes.get(POSITION, 3), attributes.get(TRUNCATION, 100)
    if position not in (1, 2, 3) or (position != 3 and index != "dc.title"):
        raise Bib1Fault(119, str(position))
    if truncation not in (1, 100):
        raise Bib1Fault(120, str(truncation))
    if truncation == 1 and not (index == ANY or (index in _WORDS and text[-1] > "\u2e7f")):
        raise Bib1Fault(120, str(truncation))
    masked = truncation == 1 and index == ANY
    return _quoted(text, "^" if position != 3 else "", "*" if masked else "")


def _quoted(text: str, before: str = "", after: str = "") -> str:
    plain = "".join(f"\\{c}" if c in '\\"*?^' else c for c in text)
    return f'"{before}{plain}{after}"'


_FROM_SRU: Final = {
    4: 1, 5: 1, 6: 1, 7: 1, 10: 108, 12: 11, 13: 108, 15: 121, 16: 114, 18: 123, 19: 117, 20: 117,
    22: 123, 27: 125, 37: 110, 38: 110, 46: 110, 48: 1, 60: 12, 61: 13, 66: 238,
}  # fmt: skip


def sru_fault(number: int, details: str) -> Bib1Fault:
    """The Bib-1 diagnostic for one of SRU."""
    return Bib1Fault(_FROM_SRU.get(number, 2), details)
