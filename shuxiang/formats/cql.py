"""CQL 1.2, the query language of SRU: text to a tree, without any meaning given to its indexes.

Source: The Contextual Query Language, Library of Congress; OASIS searchRetrieve 1.0, part 5.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

LENGTH_LIMIT: Final = 4_000
DEPTH_LIMIT: Final = 60
CLAUSE_LIMIT: Final = 100
"""Longer, deeper or wider queries are refused: nobody types them."""

_token: Final = re.compile(
    r'\s*(?:(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<mark><=|>=|<>|==|[()<>=/])|(?P<word>[^\s()<>=/"]+))'
)
_BOOLEANS: Final = ("and", "or", "not", "prox")


class CqlFault(ValueError):
    """The query can't be read.

    Attributes:
        diagnostic: number of the SRU diagnostic (info:srw/diagnostic/1/N); details: its details.
    """

    def __init__(self, diagnostic: int, details: str) -> None:
        super().__init__(f"{diagnostic}: {details}")
        self.diagnostic = diagnostic
        self.details = details


@dataclass(frozen=True, slots=True)
class Modifier:
    """``/name`` or ``/name=value`` after a relation, boolean or sort key, in lower case."""

    name: str
    comparison: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Clause:
    """``index relation term``; index and relation are in lower case, ``cql.serverchoice`` and ``=``
    where only a term stands."""

    term: str
    index: str = "cql.serverchoice"
    relation: str = "="
    modifiers: tuple[Modifier, ...] = ()


@dataclass(frozen=True, slots=True)
class Boolean:
    """Two queries joined by ``and``, ``or``, ``not`` or ``prox``; all bind from left to right."""

    operator: str
    left: Clause | Boolean
    right: Clause | Boolean
    modifiers: tuple[Modifier, ...] = ()


@dataclass(frozen=True, slots=True)
class SortKey:
    """An index after ``sortBy``."""

    index: str
    modifiers: tuple[Modifier, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query."""

    root: Clause | Boolean
    sort: tuple[SortKey, ...] = ()


def parse(text: str) -> Query:
    """Read a query.

    Raises CqlFault: 10 syntax error, 12 too many characters, 13 invalid or unsupported use of
    parentheses, 27 empty term unsupported, 38 too many boolean operators.
    """
    if len(text) > LENGTH_LIMIT:
        raise CqlFault(12, str(LENGTH_LIMIT))
    if not text.strip():
        raise CqlFault(27, "")
    return _Parser(text).query()


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    quoted: bool = False
    mark: bool = False

    @property
    def lower(self) -> str:
        return "" if self.quoted else self.text.lower()


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    stripped = text.rstrip()
    while at < len(stripped):
        match = _token.match(stripped, at)
        if match is None:
            raise CqlFault(10, stripped[at : at + 40])
        at = match.end()
        if match["quoted"] is not None:
            # Only a quote is unescaped; \* \? \^ keep their backslash for whoever reads the term.
            found.append(_Token(match["quoted"][1:-1].replace('\\"', '"'), quoted=True))
        elif match["mark"] is not None:
            found.append(_Token(match["mark"], mark=True))
        else:
            found.append(_Token(match["word"]))
    return found


_END: Final = _Token("", mark=True)


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0
        self._clauses = 0

    def query(self) -> Query:
        root = self._booleans(0)
        sort: list[SortKey] = []
        if self._peek().lower == "sortby":
            self._next()
            while not self._peek().mark:
                sort.append(SortKey(self._next().text.lower(), self._modifiers()))
            if not sort:
                raise CqlFault(10, "sortBy")
        if self._at < len(self._tokens):
            rest = self._tokens[self._at].text
            raise CqlFault(13 if rest == ")" else 10, rest)
        return Query(root, tuple(sort))

    def _peek(self, ahead: int = 0) -> _Token:
        at = self._at + ahead
        return self._tokens[at] if at < len(self._tokens) else _END

    def _next(self) -> _Token:
        token = self._peek()
        self._at += 1
        return token

    def _booleans(self, depth: int) -> Clause | Boolean:
        if depth > DEPTH_LIMIT:
            raise CqlFault(13, f"more than {DEPTH_LIMIT} deep")
        left = self._part(depth)
        while self._peek().lower in _BOOLEANS:
            operator = self._next().lower
            modifiers = self._modifiers()
            left = Boolean(operator, left, self._part(depth), modifiers)
        return left

    def _part(self, depth: int) -> Clause | Boolean:
        if self._peek().text == ">" and self._peek().mark:
            self._assignment()
            return self._part(depth)
        if self._peek().text == "(" and self._peek().mark:
            self._next()
            inside = self._booleans(depth + 1)
            if self._next() != _Token(")", mark=True):
                raise CqlFault(13, "")
            return inside
        return self._clause()

    def _assignment(self) -> None:
        """``> dc = "info:…"``: names a context set; ours have their usual names, so it is passed
        over."""
        self._next()
        name = self._next()
        if self._peek() == _Token("=", mark=True):
            self._next()
            name = self._next()
        if name.mark:
            raise CqlFault(10, ">")

    def _clause(self) -> Clause:
        self._clauses += 1
        if self._clauses > CLAUSE_LIMIT:
            raise CqlFault(38, str(CLAUSE_LIMIT))
        first = self._next()
        if first.mark:
            raise CqlFault(27 if first == _END else 10, first.text)
        if not first.quoted and first.lower in (*_BOOLEANS, "sortby"):
            raise CqlFault(10, first.text)
        relation = self._peek()
        symbol = relation.mark and relation.text in ("=", "==", "<", ">", "<=", ">=", "<>")
        word = (
            not relation.mark
            and not relation.quoted
            and relation.lower not in (*_BOOLEANS, "sortby")
        )
        if not symbol and not word:
            return Clause(first.text)
        self._next()
        modifiers = self._modifiers()
        term = self._next()
        if term.mark or (not term.quoted and term.lower in _BOOLEANS):
            raise CqlFault(10, relation.text)
        return Clause(term.text, first.text.lower(), relation.lower, modifiers)

    def _modifiers(self) -> tuple[Modifier, ...]:
        found: list[Modifier] = []
        while self._peek() == _Token("/", mark=True):
            self._next()
            name = self._next()
            if name.mark:
                raise CqlFault(10, "/")
            comparison = self._peek()
            if comparison.mark and comparison.text in ("=", "==", "<", ">", "<=", ">=", "<>"):
                self._next()
                found.append(Modifier(name.text.lower(), comparison.text, self._next().text))
            else:
                found.append(Modifier(name.text.lower()))
        return tuple(found)
