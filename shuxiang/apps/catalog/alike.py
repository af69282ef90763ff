"""Whether two titles are one and the same publication, and which of two to keep. Pure.

A score is a sum of parts, each with its name, so that a person sees why two stand in the queue. What
makes two publications different whatever else agrees (another volume, another edition, other ISBNs)
is no part of the sum: such a pair never comes into the queue.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import lru_cache

import msgspec

from shuxiang.formats.marc.bibliographic.model import normalise_title
from shuxiang.formats.volumes import volume_variant

LEAST = 60
"""The score from which two titles are shown to a person."""
SIMILAR = 0.8
"""From this ratio on two titles proper are called similar."""

_digits = re.compile(r"\d+")
_trailing_part = re.compile("[上中下]$")
_PARTS = {"上": "1", "中": "2", "下": "3"}
_edition_words = re.compile("[第版本次的]|edition|ed")
_ROLES = re.compile("^[(（\\[［〔【][^)）\\]］〕】]{1,6}[)）\\]］〕】]")


class Compared(msgspec.Struct, frozen=True, gc=False):
    """What is compared of a title. ``author`` is its first name, ``pages`` the first number of its
    extent; ``isbns`` as stored (13 digits where they are right)."""

    id: str
    library: str
    kind: str
    title: str
    volume: str = ""
    author: str = ""
    edition: str = ""
    publisher: str = ""
    year: int | None = None
    isbns: tuple[str, ...] = ()
    unified: str = ""
    language: str = ""
    extent: str = ""


class Likeness(msgspec.Struct, frozen=True):
    """``score``: the sum of the ``parts`` (name, points); ``differ``: what makes them two, whatever
    else agrees (kind, volume, edition, isbn, language, library), '' for nothing."""

    score: int
    parts: tuple[tuple[str, int], ...]
    differ: str = ""

    @property
    def listed(self) -> bool:
        return not self.differ and self.score >= LEAST


@lru_cache(maxsize=8192)
def _plain(text: str) -> str:
    return normalise_title(text)


@lru_cache(maxsize=8192)
def volume_key(title: str, volume: str) -> tuple[str, ...]:
    """The numbers in a title and its part: 第二卷, 卷二 and Ⅱ are 2; 上, 中, 下 are 1, 2, 3.

    >>> volume_key("红楼梦", "下册"), volume_key("平凡的世界二", ""), volume_key("活着", "")
    (('3',), ('2',), ())
    """
    found: list[str] = []
    for text in (_plain(title), _plain(volume)):
        variant = volume_variant(text) or text
        found += [run.lstrip("0") or "0" for run in _digits.findall(variant)]
        # At the end of a part alone: 天上 is no first volume.
        if text == _plain(volume) and (part := _trailing_part.search(text)):
            found.append(_PARTS.get(part[0], ""))
    return tuple(found)


@lru_cache(maxsize=8192)
def edition_key(edition: str) -> str:
    """``第二版``, ``2版`` and ``第2版`` alike; the first edition is like none.

    >>> edition_key("第2版"), edition_key("第二版"), edition_key("第1版"), edition_key("修订版")
    ('2', '2', '', '修订')
    """
    text = _plain(edition)
    plain = _edition_words.sub("", volume_variant(text) or text)
    return "" if plain == "1" else plain


def _author(name: str) -> str:
    return _plain(_ROLES.sub("", name))


def _year_points(a: Compared, b: Compared) -> int | None:
    if a.year is None or b.year is None:
        return None
    return 10 if a.year == b.year else -5 if abs(a.year - b.year) == 1 else -15


def _pages(extent: str) -> int | None:
    found = _digits.search(extent)
    return int(found[0][:6]) if found else None


def differ(a: Compared, b: Compared) -> str:
    """What makes two titles two whatever else agrees; '' for nothing."""
    if a.library != b.library:
        return "library"
    if a.kind != b.kind:
        return "kind"
    if volume_key(a.title, a.volume) != volume_key(b.title, b.volume):
        return "volume"
    if edition_key(a.edition) != edition_key(b.edition):
        return "edition"
    if a.language and b.language and a.language != b.language:
        return "language"
    if a.isbns and b.isbns and not set(a.isbns) & set(b.isbns):
        return "isbn"
    return ""


def likeness(a: Compared, b: Compared) -> Likeness:
    """How far two titles look like one publication."""
    why_not = differ(a, b)
    if why_not:
        return Likeness(0, (), why_not)
    parts: list[tuple[str, int]] = []
    if set(a.isbns) & set(b.isbns):
        parts.append(("isbn", 45))
    if a.unified and a.unified == b.unified:
        parts.append(("unified", 45))
    one, other = _plain(a.title), _plain(b.title)
    if one == other:
        parts.append(("title", 30))
    else:
        close = one in other or other in one
        ratio = 1.0 if close else SequenceMatcher(None, one, other, autojunk=False).ratio()
        parts.append(("title-similar", 15) if ratio >= SIMILAR else ("title-other", -30))
    names = _author(a.author), _author(b.author)
    if all(names):
        parts.append(("author", 15) if names[0] == names[1] else ("author-other", -20))
    houses = _plain(a.publisher), _plain(b.publisher)
    if all(houses):
        parts.append(("publisher", 10) if houses[0] == houses[1] else ("publisher-other", -10))
    points = _year_points(a, b)
    if points is not None:
        parts.append(("year" if points > 0 else "year-other", points))
    pages = _pages(a.extent), _pages(b.extent)
    if pages[0] and pages[1]:
        near = abs(pages[0] - pages[1]) * 50 <= max(pages[0], pages[1])
        parts.append(("pages", 5) if near else ("pages-other", -10))
    return Likeness(max(sum(points for _, points in parts), 0), tuple(parts))


def blocks(one: Compared) -> Iterator[int]:
    """Keys of the groups within which titles are compared, as signed 64-bit numbers: by each number
    of the book, and by title proper with first author, year or publisher."""
    for isbn in one.isbns:
        yield _hashed("i", one.library, isbn)
    if one.unified:
        yield _hashed("u", one.library, one.unified)
    title, author, house = _plain(one.title), _author(one.author), _plain(one.publisher)
    year = str(one.year or "")
    if title and author:
        yield _hashed("a", one.library, title, author, year)
    if title and house and year:
        yield _hashed("p", one.library, title, house, year)


def _hashed(*parts: str) -> int:
    digest = hashlib.blake2b("\x1f".join(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


class Candidate(msgspec.Struct, frozen=True):
    """What speaks for keeping a title: its copies, the readers who wait for it, how much its record
    says, and its age (the smaller id is older)."""

    id: str
    items: int
    holds: int
    fields: int


def survivor(a: Candidate, b: Candidate) -> str:
    """The title proposed to be kept: the fuller record, then more copies, then more who wait, then
    the older one. A record is fuller only by at least a quarter: copies are easier moved than
    cataloguing is done again."""
    most, least = max(a.fields, b.fields), min(a.fields, b.fields)
    if least * 5 < most * 4:
        return a.id if a.fields > b.fields else b.id
    return min((a, b), key=lambda c: (-c.items, -c.holds, -c.fields, c.id)).id
