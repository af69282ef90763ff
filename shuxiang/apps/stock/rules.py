"""Pure decisions about items: what kind of item it is, what may become of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from shuxiang.formats.clc import book_key, shelf_key
from shuxiang.kernel.decision import Reason, stop

STATUSES = ("available", "in_processing", "lost", "missing", "damaged", "blocked", "withdrawn")
SOURCES = ("purchase", "gift", "legacy", "deposit", "replacement", "issue")
NEW_SOURCES = ("purchase", "gift", "deposit", "replacement")
"""How a book added by hand may have come: what is legacy comes by import."""
MOST_COPIES = 200
BARCODE_LENGTH = 40

# CNMARC 100/17: a general youth, b 0-5, c 5-10, d 9-14. e (14-20) reads from the adult shelves.
_CHILD_AUDIENCES = frozenset("abcd")
_AV_KINDS = frozenset({"video", "music", "spoken", "multimedia", "electronic"})
_REFERENCE_FORMS = frozenset({"dictionary", "encyclopedia", "directory"})
# A collection letter before a class number: no class has a letter as its second sign but T? and
# the law table DF, so "SI287.4" is 少儿 + I287.4 while "S512" is a class of its own.
_COLLECTION = re.compile(r"^([SECD])\s*[-/ ]?\s*(?!F\d)(?=[A-Z]{1,2}\d)")
_COLLECTIONS = {"S": "child", "E": "child", "C": "reference", "D": "local"}


def split_collection(call_number: str) -> tuple[str, str]:
    """(item category the collection prefix stands for or '', the call number without it)."""
    if call_number[:1] not in _COLLECTIONS:
        return "", call_number
    found = _COLLECTION.match(call_number)
    if not found:
        return "", call_number
    return _COLLECTIONS[found[1]], call_number[found.end() :]


@lru_cache(maxsize=8192)
def _class_line(class_number: str) -> str:
    return shelf_key(class_number + "/")


def shelf_sort(call_number: str) -> str:
    """Shelf order of a call number as at most 160 characters of [0-9a-z]; the collection prefix
    does not count, because collections stand apart. '' for no call number."""
    if not call_number:
        return ""
    plain = split_collection(call_number)[1]
    head, _, tail = plain.partition("/")
    # Nearly every call number: a class many others share, and a running number.
    if tail.isascii() and tail.isdigit():
        return (_class_line(head) + book_key(tail))[:160]
    return shelf_key(plain)[:160]


def item_category(
    *, kind: str, audience: str, forms: Sequence[str], clc: str, prefix: str, for_children: bool
) -> str:
    """流通类型 of an item by what is known of its title and place.

    Args:
        kind, audience, forms, clc: as in the bibliographic model; ``clc`` is the shelving class.
        prefix: the category its collection prefix stands for, or ''.
        for_children: it stands in a children's location.
    """
    if kind == "serial":
        return "periodical"
    if kind in _AV_KINDS:
        return "av"
    if prefix:
        return prefix
    if for_children or audience in _CHILD_AUDIENCES:
        return "child"
    # 综合性工具书 (Z2/Z3); a dictionary of one subject stands with its subject and is lent.
    if clc[:2] in ("Z2", "Z3") and not _REFERENCE_FORMS.isdisjoint(forms):
        return "reference"
    return "book"


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What is so of an item, for `may_change`."""

    status: str
    library: str


def may_change(item: ItemFacts) -> tuple[Reason, ...]:
    """A withdrawn item is closed: only its status can be set again."""
    return (stop("item-withdrawn"),) if item.status == "withdrawn" else ()


def barcode_reasons(barcode: str) -> tuple[Reason, ...]:
    """What is wrong with a barcode as scanned or typed."""
    if not barcode:
        return (stop("barcode-missing"),)
    if len(barcode) > BARCODE_LENGTH:
        return (stop("barcode-too-long", limit=BARCODE_LENGTH),)
    return ()


def number_of(call_sort: str, class_line: str) -> int | None:
    """The running number in the shelf order of a call number whose class line sorts as
    ``class_line``; None for author numbers and call numbers without one."""
    tail = call_sort[len(class_line) :]
    digits = "abcdefghijklmnopqr".find(tail[:1]) + 1 if tail else 0
    run = tail[1 : 1 + digits]
    return int(run) if digits and len(run) == digits and run.isdigit() else None


def class_line(class_number: str) -> str:
    """How the shelf order of every call number of a class begins."""
    return _class_line(class_number)


def number_line(class_number: str, book_number: str) -> str:
    """How the shelf order of every call number of a class and book number begins."""
    return _class_line(class_number) + book_key(book_number)
