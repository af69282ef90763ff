"""How one target is asked and what it answers in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

KINDS: Final = ("z3950", "sru")
CHARSETS: Final = ("utf-8", "gb18030", "euc-cn", "big5", "marc-8")
"""Of queries and records. EUC-CN (GB 2312) is read as GB 18030, which holds it; MARC-8 is read by
libyaz and asked in ASCII."""
SYNTAXES: Final = ("unimarc", "usmarc", "marcxml", "marcxchange")
"""The first two over Z39.50, the other two over SRU (as record schema)."""

USUAL_PQF: Final[Mapping[str, str]] = {
    "isbn": "1=7",
    "issn": "1=8",
    "title": "1=4",
    "author": "1=1003",
    "any": "1=1016",
}
"""Index → Bib-1 attributes, type=value, blank separated."""
USUAL_CQL: Final[Mapping[str, str]] = {
    "isbn": "bath.isbn",
    "issn": "bath.issn",
    "title": "dc.title",
    "author": "dc.creator",
    "any": "cql.anywhere",
}
"""Index → index of CQL."""

_attributes: Final = re.compile(r"[1-9][0-9]?=[0-9]{1,5}(?: [1-9][0-9]?=[0-9]{1,5})*\Z")
_cql_index: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(?:\.[A-Za-z][A-Za-z0-9_-]*)?\Z")
_host: Final = re.compile(r"[A-Za-z0-9.:_-]{1,253}\Z")
_database: Final = re.compile(r"[A-Za-z0-9._+-]{1,120}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A target.

    Attributes:
        kind: of `KINDS`; address: a host name, or the base URL of an SRU server.
        attributes: index → `USUAL_PQF` or `USUAL_CQL` where it is not the usual one; '' switches an
            index off.
        negotiate: offer UTF-8, which the target may take instead of the two character sets.
        version: of SRU. most: records fetched; seconds: all the time it is given.
    """

    kind: str
    address: str
    port: int = 210
    database: str = ""
    query_charset: str = "utf-8"
    record_charset: str = "utf-8"
    syntax: str = "unimarc"
    attributes: Mapping[str, str] = field(default_factory=dict)
    negotiate: bool = False
    version: str = "1.2"
    most: int = 10
    seconds: int = 10

    def index(self, name: str) -> str:
        """What the target calls an index; '' where it has none."""
        usual = USUAL_PQF if self.kind == "z3950" else USUAL_CQL
        return self.attributes.get(name, usual.get(name, ""))

    def wrong(self) -> tuple[str, ...]:
        """Names of the fields that can't be."""
        z3950 = self.kind == "z3950"
        checks = {
            "kind": self.kind in KINDS,
            "address": bool(_host.match(self.address)) if z3950 else _web(self.address),
            "port": 0 < self.port < 65_536,
            "database": not z3950 or bool(_database.match(self.database)),
            "query_charset": self.query_charset in CHARSETS,
            "record_charset": self.record_charset in CHARSETS,
            "syntax": self.syntax in (SYNTAXES[:2] if z3950 else SYNTAXES[2:]),
            "attributes": all(
                name in USUAL_PQF
                and (not text or (_attributes if z3950 else _cql_index).match(text))
                for name, text in self.attributes.items()
            ),
            "version": self.version in ("1.1", "1.2", "2.0"),
            "most": 1 <= self.most <= 50,
            "seconds": 1 <= self.seconds <= 60,
        }
        return tuple(name for name, right in checks.items() if not right)


def _web(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.fragment
    except ValueError:
        return False
