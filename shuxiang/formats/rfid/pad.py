"""What lies on an RFID pad: tags put together into books, and what can't be made one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shuxiang.formats.rfid import tables
from shuxiang.formats.rfid.tag import AOI, DSFID, OI, PII, SI, TU, TagFault, decode, set_information


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag on the pad: its number, application family and memory; ``data`` None could not be read."""

    uid: str
    afi: int | None
    data: bytes | None
    dsfid: int | None = DSFID


@dataclass(frozen=True, slots=True)
class Book:
    """A book on the pad, with all its parts (a disc, a map) that lie there.

    ``fault`` is '' or why it can't be handled: ``parts`` (``missing`` of ``total`` are not there),
    ``twice`` (two tags say to be the same part), ``usage`` (its tag says that it doesn't circulate).
    """

    barcode: str
    owner: str
    uids: tuple[str, ...]
    total: int = 1
    missing: tuple[int, ...] = ()
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Pad:
    """Books in the order of their tags; ``unread`` tags that gave nothing sensible; ``others`` that are
    no books (cards, shelf labels)."""

    books: tuple[Book, ...] = ()
    unread: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def stack(tags: Iterable[Tag]) -> Pad:
    """Put the tags of a pad together: parts of one book carry its number, their own ordinal and how many
    there are (SI)."""
    unread, others = [], []
    found: dict[str, list[tuple[str, dict[int, str]]]] = {}
    for tag in tags:
        elements = _elements(tag)
        if elements is None:
            unread.append(tag.uid)
        elif elements.get(TU, "10")[:1] not in (tables.LENT, "0", "2", "4", "6", "7"):
            others.append(tag.uid)
        else:
            found.setdefault(elements[PII], []).append((tag.uid, elements))
    books = tuple(_book(barcode, parts) for barcode, parts in found.items())
    return Pad(books, tuple(unread), tuple(others))


def _elements(tag: Tag) -> dict[int, str] | None:
    if tag.data is None or tag.dsfid not in (None, DSFID):
        return None
    try:
        elements = {e.oid: e.value for e in decode(tag.data)}
    except TagFault:
        return None
    return elements if PII in elements else None


def _book(barcode: str, parts: list[tuple[str, dict[int, str]]]) -> Book:
    uids = tuple(uid for uid, _ in parts)
    first = parts[0][1]
    owner = first.get(OI) or first.get(AOI, "")
    if any(e.get(TU, "10")[:1] in ("2", "7") for _, e in parts):
        return Book(barcode, owner, uids, fault="usage")
    sets = [set_information(e[SI]) if SI in e else None for _, e in parts]
    known = [s for s in sets if s is not None]
    total = max((s[0] for s in known), default=1)
    if len(known) < len(parts) and len(parts) > 1:
        return Book(barcode, owner, uids, total, fault="twice")
    seen = [s[1] for s in known]
    if len(set(seen)) < len(seen):
        return Book(barcode, owner, uids, total, fault="twice")
    missing = tuple(n for n in range(1, total + 1) if n not in seen) if known else ()
    return Book(barcode, owner, uids, total, missing, "parts" if missing else "")


def of_owner(owner: str, owners: Iterable[str]) -> bool:
    """Whether a tag's owner (ISIL, or another code) is one of ours. A tag that names none, and a library
    that has set none, are not checked."""
    wanted = {o.casefold() for o in owners}
    return not owner or not wanted or owner.casefold() in wanted
