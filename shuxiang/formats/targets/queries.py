"""A question as PQF, as CQL, as the URL of an SRU request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from shuxiang.formats.identifiers import isbn13_to_10, parse_isbn
from shuxiang.formats.targets.profiles import Profile

LONGEST: Final = 200
_CODECS: Final = {"euc-cn": "gb18030", "big5": "big5hkscs", "marc-8": "ascii"}
_SCHEMAS: Final = {
    "marcxml": ("marcxml", "info:srw/schema/1/marcxml-v1.1"),
    "marcxchange": ("marcxchange", "info:lc/xmlns/marcxchange-v2"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is looked for; all that is given must be met."""

    isbn: str = ""
    issn: str = ""
    title: str = ""
    author: str = ""
    any: str = ""

    def given(self) -> tuple[tuple[str, str], ...]:
        """(index, text) of what is given, in a fixed order."""
        all_ = (
            ("isbn", self.isbn),
            ("issn", self.issn),
            ("title", self.title),
            ("author", self.author),
            ("any", self.any),
        )
        return tuple(
            (name, " ".join(text.split())[:LONGEST]) for name, text in all_ if text.strip()
        )


def _forms(name: str, text: str) -> tuple[str, ...]:
    """The forms of a term of which one must match: an ISBN with 13 and with 10 digits, and as typed."""
    if name != "isbn":
        return (text,)
    read = parse_isbn(text)
    bare = text.replace("-", "").replace(" ", "")
    if not read.isbn13:
        return (bare,)
    # Hyphens as typed: some servers index what stands in the record and nothing else.
    hyphened = text if "-" in text else ""
    return tuple(filter(None, (read.isbn13, isbn13_to_10(read.isbn13), hyphened)))


def pqf(profile: Profile, wanted: Wanted, charset: str = "") -> bytes | None:
    """The query in bytes of the target's character set (or another): None where it has none of the
    indexes, or can't write a term. A byte 5C, which GB 18030 and Big5 have as second bytes, is
    escaped as PQF wants it."""
    parts = []
    codec = charset or profile.query_charset
    for name, text in wanted.given():
        attributes = profile.index(name)
        if not attributes:
            return None
        attrs = b"".join(b"@attr %s " % a.encode("ascii") for a in attributes.split())
        forms = []
        for form in _forms(name, text):
            try:
                term = form.encode(_CODECS.get(codec, codec))
            except UnicodeEncodeError:
                return None
            term = term.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
            forms.append(attrs + b'"' + term + b'"')
        parts.append(b"@or " * (len(forms) - 1) + b" ".join(forms))
    return b"@and " * (len(parts) - 1) + b" ".join(parts) if parts else None


def cql(profile: Profile, wanted: Wanted) -> str | None:
    """The query in CQL; None where the target has none of the indexes."""
    parts = []
    for name, text in wanted.given():
        index = profile.index(name)
        if not index:
            return None
        relation = "=" if name in ("isbn", "issn") else "all"
        forms = [f'{index} {relation} "{_escaped(form)}"' for form in _forms(name, text)]
        parts.append(f"({' or '.join(forms)})" if len(forms) > 1 else forms[0])
    return " and ".join(parts) or None


def _escaped(text: str) -> str:
    """Signs that mask in CQL are meant as they stand."""
    return "".join(f"\\{c}" if c in '\\"*?^' else c for c in text)


def sru_url(profile: Profile, query: str) -> str:
    """The address of a search."""
    parts = urlsplit(profile.address)
    given = [
        ("version", profile.version),
        ("operation", "searchRetrieve"),
        ("query", query),
        ("startRecord", "1"),
        ("maximumRecords", str(profile.most)),
        ("recordSchema", _SCHEMAS[profile.syntax][0]),
    ]
    if profile.version == "2.0":
        given.remove(("operation", "searchRetrieve"))
    codec = _CODECS.get(profile.query_charset, profile.query_charset)
    asked = urlencode([*parse_qsl(parts.query), *given], encoding=codec, errors="replace")
    return urlunsplit(parts._replace(query=asked))
