"""Exports of dp2 (the Chinese open-source library system): bibliographic dump files (.bdf), records of
items and of readers as XML, as its public sources write them.

The reader streams with expat, refuses any DTD, and holds one record at a time. Elements are known by
their local names, because the prefixes differ between versions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from xml.parsers import expat

from shuxiang.formats.marc.charset import ByteSource
from shuxiang.formats.marc.model import ControlField, DataField, Field, Record

_CHUNK: Final = 1 << 16
_LARGEST: Final = 4 << 20
"""Characters of one record."""

_DEEPEST: Final = 30
_TAG: Final = re.compile(r"[0-9A-Za-z]{3}")
_PERIOD: Final = re.compile(r"(\d{1,4})\s*(day|hour)?")


class Dp2Error(ValueError):
    """The file is none of dp2's, or damaged; the message says what is wrong and where."""


@dataclass(slots=True)
class Node:
    """An element: its local name, attributes, text, children."""

    name: str
    attributes: dict[str, str]
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def get(self, name: str) -> str:
        """The text of the first child of that name, '' for none."""
        return next((c.text.strip() for c in self.children if c.name == name), "")

    def all(self, name: str) -> Iterator[Node]:
        """Every element of that name below."""
        for child in self.children:
            if child.name == name:
                yield child
            yield from child.all(name)


@dataclass(frozen=True, slots=True)
class Item:
    """册. ``number``: 登录号; ``call_number``: 索取号 as one text, class / book number; ``borrower``: the
    card it is lent on."""

    barcode: str
    location: str = ""
    call_number: str = ""
    number: str = ""
    price: str = ""
    kind: str = ""
    volume: str = ""
    state: str = ""
    borrower: str = ""
    lent: date | None = None
    due: date | None = None
    renewals: int = 0


@dataclass(frozen=True, slots=True)
class Title:
    """书目 with its items; ``record`` None where there are items alone."""

    record: Record | None
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Loan:
    barcode: str
    card: str
    lent: date | None
    due: date | None
    renewals: int


@dataclass(frozen=True, slots=True)
class Hold:
    barcode: str
    card: str
    placed: date | None


@dataclass(frozen=True, slots=True)
class Patron:
    """读者 with what they have out, wait for and owe. ``state``: '' for a valid card."""

    card: str
    name: str
    kind: str = ""
    state: str = ""
    id_number: str = ""
    sex: str = ""
    born: date | None = None
    phone: str = ""
    unit: str = ""
    issued: date | None = None
    expires: date | None = None
    deposit: str = ""
    debt: str = ""
    note: str = ""
    loans: tuple[Loan, ...] = ()
    holds: tuple[Hold, ...] = ()


def read(stream: ByteSource) -> Iterator[Title | Patron]:
    """Every record of a file, in order, in flat memory. Raises Dp2Error where it can't go on."""
    for node in _records(stream):
        if node.name == "record":
            yield _title(node)
        elif node.name in ("item", "entity") or (node.get("location") and not node.get("name")):
            yield Title(None, (_item(node),))
        elif node.get("name") or node.get("readerType"):
            yield _patron(node)


def _records(stream: ByteSource) -> Iterator[Node]:
    """The children of the root, one by one, each let go of once it was given out."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    stack: list[Node] = []
    ready: list[Node] = []
    size = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(stack) > _DEEPEST:
            raise Dp2Error(f"line {parser.CurrentLineNumber}: elements nested too deeply")
        local = {n.rpartition(" ")[2]: v for n, v in attributes.items()}
        node = Node(name.rpartition(" ")[2], local)
        if len(stack) > 1:
            stack[-1].children.append(node)
        stack.append(node)

    def end(name: str) -> None:
        nonlocal size
        node = stack.pop()
        if len(stack) == 1:
            ready.append(node)
            size = 0

    def text(found: str) -> None:
        nonlocal size
        if len(stack) > 1:
            size += len(found)
            if size > _LARGEST:
                raise Dp2Error(f"line {parser.CurrentLineNumber}: a record is too long")
            stack[-1].text += found

    def doctype(*_: object) -> None:
        raise Dp2Error("the file has a DTD, which no export of dp2 has")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = text, doctype
    try:
        while chunk := stream.read(_CHUNK):
            parser.Parse(chunk, False)
            yield from ready
            ready.clear()
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        why = expat.ErrorString(error.code) or "syntax error"
        raise Dp2Error(f"line {error.lineno}: the XML is damaged ({why})") from None
    yield from ready


def _title(node: Node) -> Title:
    marc = next((n for n in node.all("record")), None)
    return Title(_marc(marc) if marc else None, tuple(map(_item, node.all("item"))))


def _marc(node: Node) -> Record | None:
    fields: list[Field] = []
    leader = next((c.text for c in node.children if c.name == "leader"), "")
    for child in node.children:
        tag = child.attributes.get("tag", "")
        if not _TAG.fullmatch(tag):
            continue
        if child.name == "controlfield":
            fields.append(ControlField(tag, child.text))
        elif child.name == "datafield":
            parts = tuple(
                (s.attributes.get("code", " ")[:1], s.text)
                for s in child.children
                if s.name == "subfield" and s.attributes.get("code")
            )
            signs = "".join(f"{child.attributes.get(f'ind{n}', ' ')[:1]:1}" for n in (1, 2))
            if parts:
                fields.append(DataField(tag, signs, parts))
    return Record(f"{leader[:24]:24}", fields) if fields else None


def _item(node: Node) -> Item:
    lent = _day(node.get("borrowDate"))
    return Item(
        barcode=node.get("barcode"),
        location=node.get("location").removeprefix("#reservation,"),
        call_number=node.get("accessNo"),
        number=node.get("registerNo"),
        price=node.get("price"),
        kind=node.get("bookType"),
        volume=node.get("volume"),
        state=node.get("state"),
        borrower=node.get("borrower"),
        lent=lent,
        due=_day(node.get("returningDate")) or _after(lent, node.get("borrowPeriod")),
        renewals=_count(node.get("no")),
    )


def _patron(node: Node) -> Patron:
    card = node.get("barcode")
    loans, holds, owed = [], [], 0
    for borrow in node.all("borrow"):
        told = borrow.attributes
        lent = _day(told.get("borrowDate", ""))
        loans.append(
            Loan(
                told.get("barcode", ""),
                card,
                lent,
                _day(told.get("returningDate", "")) or _after(lent, told.get("borrowPeriod", "")),
                _count(told.get("no", "")),
            )
        )
    for request in node.all("request"):
        for barcode in filter(None, request.attributes.get("items", "").split(",")):
            placed = _day(request.attributes.get("requestDate", ""))
            holds.append(Hold(barcode.strip(), card, placed))
            # Any of the copies named will do: the first stands for the title.
            break
    for overdue in node.all("overdue"):
        owed += _fen(overdue.attributes.get("price", ""))
    return Patron(
        card=card,
        name=node.get("name"),
        kind=node.get("readerType"),
        state=node.get("state"),
        id_number=node.get("idCardNumber"),
        sex=node.get("gender"),
        born=_day(node.get("dateOfBirth")) or _day(node.get("birthday")),
        phone=node.get("tel"),
        unit=node.get("department"),
        issued=_day(node.get("createDate")),
        expires=_day(node.get("expireDate")),
        deposit=f"{fen / 100:.2f}" if (fen := _fen(node.get("foregift"))) else "",
        debt=f"{owed / 100:.2f}" if owed else "",
        note=node.get("comment"),
        loans=tuple(loans),
        holds=tuple(holds),
    )


def _day(text: str) -> date | None:
    """A day as dp2 writes it: RFC 1123, 20170801, or with a time after that."""
    if not text:
        return None
    if re.fullmatch(r"\d{8}", text[:8]) and not text[8:].strip(" 0123456789:-~"):
        try:
            return datetime.strptime(text[:8], "%Y%m%d").date()  # noqa: DTZ007
        except ValueError:
            return None
    try:
        return parsedate_to_datetime(text).date()
    except (ValueError, TypeError, IndexError):
        return None


def _after(lent: date | None, period: str) -> date | None:
    found = _PERIOD.match(period)
    if lent is None or found is None:
        return None
    return lent + (timedelta(days=int(found[1])) if found[2] != "hour" else timedelta())


def _count(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 4 else 0


def _fen(text: str) -> int:
    """``CNY12.50`` as 1250; several sums joined by + are added up; 0 for what is no money."""
    return sum(
        round(float(part) * 100)
        for part in re.findall(r"(?:CNY|￥|¥)?\s*(\d{1,7}(?:\.\d{1,2})?)", text)
    )
