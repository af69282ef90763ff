"""Books on the pad as the screen shows them: how many, which, and what is wrong with the rest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.formats import rfid
from shuxiang.formats.rfid import Book, Tag


@dataclass(frozen=True, slots=True)
class Laid:
    """What lies on the pad: ``books`` (barcode, title), their tags, and ``faults`` in words, because of
    which nothing is done before it has been laid anew."""

    books: tuple[tuple[str, str], ...]
    uids: dict[str, tuple[str, ...]]
    faults: tuple[str, ...]

    @property
    def all_uids(self) -> frozenset[str]:
        return frozenset(uid for uids in self.uids.values() for uid in uids)


def laid(tags: Iterable[Tag], *, place: str, known: Iterable[str]) -> Laid:
    """Read the tags of a pad; those in ``known`` were handled before and are left alone."""
    before = frozenset(known)
    pad = rfid.stack(t for t in tags if t.uid not in before)
    owners = str(places.setting(place, "rfid.owners").value).split()
    books, uids, faults = [], {}, []
    for book in pad.books:
        title = _title(book.barcode)
        if fault := _fault(book, title or book.barcode, owners):
            faults.append(fault)
        else:
            books.append((book.barcode, title))
            uids[book.barcode] = book.uids
    if pad.unread:
        faults.append(
            ngettext(
                "The label of %(n)d book can't be read: please lay it a little apart.",
                "The labels of %(n)d books can't be read: please lay them a little apart.",
                len(pad.unread),
            )
            % {"n": len(pad.unread)}
        )
    return Laid(tuple(books), uids, tuple(faults))


def _title(barcode: str) -> str:
    found = stock.scanned_items(barcode)
    return found[0].title_text if len(found) == 1 else ""


def _fault(book: Book, shown: str, owners: list[str]) -> str:
    if not rfid.of_owner(book.owner, owners):
        return _("“%(title)s” belongs to another library: please hand it to the staff.") % {
            "title": shown
        }
    if book.fault == "parts":
        parts = "、".join(str(n) for n in book.missing)
        return _(
            "“%(title)s” has %(total)d parts; part %(parts)s is not here. Lay all of them."
        ) % {
            "title": shown,
            "total": book.total,
            "parts": parts,
        }
    if book.fault == "twice":
        return _("Two labels say to be “%(title)s”: please hand them to the staff.") % {
            "title": shown
        }
    if book.fault == "usage":
        return _("“%(title)s” is not for lending: please hand it to the staff.") % {"title": shown}
    return ""
