"""One row of a holdings list: a title and its item, or why it can't be taken. Nothing is written."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import date

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands import sheets
from shuxiang.apps.catalog.commands.sheets import Made, SheetOptions, folded
from shuxiang.apps.catalog.queries import NewTitle, SetAside
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries, rules
from shuxiang.apps.stock.commands.import_sheet.words import (
    GONE,
    LENT,
    NOWHERE,
    SOURCE_OF,
    STATE_OF,
    TYPE_OF,
)
from shuxiang.formats.identifiers import narrow, normalise_issn, parse_isbn, parse_year
from shuxiang.formats.marc import Bibliographic, EncodeError, encode, to_cnmarc
from shuxiang.formats.marc.bibliographic.model import BookNumber, Series
from shuxiang.formats.marc.charset import UTF8
from shuxiang.formats.notes import Note, note
from shuxiang.formats.sheets import (
    Record,
    SheetKind,
    SheetMap,
    Survey,
    read_code,
    read_count,
    read_date,
    read_price,
)
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import yuan

_LANGUAGES = {"中文": "chi", "汉语": "chi", "英文": "eng", "英语": "eng", "日文": "jpn"}
_class = re.compile(r"[A-Z]{1,2}[0-9A-Z][0-9A-Za-z.\-=+:()\"<>,]*|[A-Z]")
_statement = re.compile(r"\s+/\s*|\s*/\s+")


class NewHolding(Made, frozen=True, kw_only=True):
    """An item and the title it belongs to. ``key`` names the group of rows that are one title;
    ``isbn`` and ``same`` are what a title already in the catalogue is known by."""

    id: str
    barcode: str
    accession: str
    library: str
    owner: str
    holder: str
    location: str | None
    category: str
    status: str
    call_number: str
    call_sort: str
    volume: str
    price_fen: int | None
    source: str
    day: date | None
    key: str
    isbn: str
    same: str
    title: NewTitle


class HoldingsReader:
    """Reads the rows of one list."""

    kind: SheetKind = "holdings"

    def __init__(self, found: Survey, how: SheetMap, options: SheetOptions, ctx: Context) -> None:
        self._how = how
        self._today = clock.business_date(ctx.occurred_at)
        self._usual = places.place(options.place)
        action = sheets.PERMISSIONS[self.kind]
        self._owners = sheets.Places(how, "library", action, ctx)
        self._holders = sheets.Places(how, "holder", action, ctx)
        self._length = sheets.short_length(found.lengths)
        self._categories = {folded(name): code for code, name, _ in queries.categories()} | {
            folded(code): code for code, _, _ in queries.categories()
        }
        self._locations: dict[str, dict[str, places.Location]] = {}
        self._names = {code: name for code, name, _ in queries.categories()}

    # --- values of coded columns ----------------------------------------------------------

    def means(self, name: str, text: str) -> str:
        """Our code of a text of a coded column; '' for none."""
        if name in ("library", "holder"):
            found = (self._owners if name == "library" else self._holders).find(text)
            return found.code if found else ""
        if name in ("location", "cur_location"):
            wanted = self._how.values.get(name, {}).get(text, text)
            if wanted in ("", NOWHERE):
                return NOWHERE
            rows = places.locations()
            plain = folded(wanted)
            return next((r.code for r in rows if plain in (folded(r.code), folded(r.name))), "")
        return self._code(name, text)

    def _code(self, name: str, text: str) -> str:
        """Our code of a text of the columns status, item_type or source; '' for none."""
        given = self._how.values.get(name, {}).get(text)
        if given is not None:
            return given
        plain = folded(text)
        if name == "item_type":
            return self._categories.get(plain) or self._known(TYPE_OF.get(plain, ""))
        return (STATE_OF if name == "status" else SOURCE_OF).get(plain, "")

    def _known(self, category: str) -> str:
        return category if category in self._names else ""

    def _location(self, place: str, text: str) -> places.Location | None:
        if place not in self._locations:
            rows = places.locations([place])
            self._locations[place] = {folded(r.name): r for r in rows} | {
                folded(r.code): r for r in rows
            }
        return self._locations[place].get(folded(text))

    # --- a row ----------------------------------------------------------------------------

    def read(self, record: Record) -> tuple[NewHolding | None, tuple[Note, ...], tuple[Note, ...]]:
        """(what the row makes, findings, what keeps it out)."""
        notes: list[Note] = []
        refused: list[Note] = []
        if any("\ufffd" in text for text in record.values.values()):
            refused.append(note("row_garbled"))
        if record.texts_lost:
            notes.append(note("text_lost"))
        barcode = self._barcode(record, notes, refused)
        owner, holder, location = self._places(record, notes, refused)
        status, claims = self._status(record, notes, refused)
        price, said = read_price(record.get("price"), record.kind("price"))
        if said:
            notes.append(note(said, text=record.get("price")))
        bib = self._bibliographic(record, price, notes)
        if not bib.title:
            refused.append(note("title_missing"))
        copies = read_count(record.get("copies"))
        if copies is not None and copies > 1:
            notes.append(note("copies_stated", text=copies))
        if refused or owner is None:
            return None, tuple(notes), tuple(refused)
        made = self._made(
            record, barcode, bib, (owner, holder or owner, location), status, price, claims, notes
        )
        if isinstance(made, Note):
            return None, tuple(notes), (made,)
        return made, tuple(notes), ()

    def _barcode(self, record: Record, notes: list[Note], refused: list[Note]) -> str:
        text = record.get("barcode")
        code = read_code(text, record.kind("barcode"))
        if not text:
            refused.append(note("code_missing"))
        elif code.fault:
            refused.append(note(code.fault, text=text))
        elif len(code.text) > rules.BARCODE_LENGTH:
            refused.append(note("code_long", most=rules.BARCODE_LENGTH))
        elif not code.text.isascii() or not any(c.isalnum() for c in code.text):
            refused.append(note("code_fraction", text=text))
        if code.mended:
            notes.append(note(code.mended))
        if self._length and code.text.isdecimal() and len(code.text) < self._length:
            notes.append(note("code_short", text=code.text, usual=self._length))
        return code.text

    def _places(
        self, record: Record, notes: list[Note], refused: list[Note]
    ) -> tuple[places.Place | None, places.Place | None, places.Location | None]:
        owner: places.Place | None = self._usual
        if text := record.get("library"):
            owner = self._owners.find(text)
            if owner is None:
                refused.append(note("place_unknown", text=text))
        if owner is not None and not self._owners.allowed(owner.id):
            refused.append(note("place_forbidden", text=owner.name))
        holder = owner
        if text := record.get("holder"):
            holder = self._holders.find(text)
            if holder is None:
                refused.append(note("place_unknown", text=text))
        return owner, holder, self._standing(record, owner, holder, notes, refused)

    def _standing(
        self,
        record: Record,
        owner: places.Place | None,
        holder: places.Place | None,
        notes: list[Note],
        refused: list[Note],
    ) -> places.Location | None:
        """Where in ``holder`` the item stands: its present location, else the one it belongs to. One
        of the owner's that it has left for another library is no place to look for it."""
        name = "cur_location" if record.get("cur_location") else "location"
        text = record.get(name)
        wanted = self._how.values.get(name, {}).get(text, text)
        if holder is None or wanted in ("", NOWHERE):
            return None
        if found := self._location(holder.id, wanted):
            return found
        away = owner is not None and owner.id != holder.id
        if away and owner is not None and self._location(owner.id, wanted):
            notes.append(note("location_left", text=text))
        else:
            refused.append(note("location_unknown", text=text))
        return None

    def _status(
        self, record: Record, notes: list[Note], refused: list[Note]
    ) -> tuple[str, list[str]]:
        text = record.get("status")
        if not text:
            return "available", []
        code = self._code("status", text)
        if code == GONE:
            refused.append(note("gone_before", text=text))
        if code == LENT:
            return "available", ["on_loan_before"]
        if code not in rules.STATUSES or code == "withdrawn":
            if code != GONE:
                notes.append(note("status_unknown", text=text))
            return "blocked", []
        return code, []

    def _bibliographic(self, record: Record, price: int | None, notes: list[Note]) -> Bibliographic:
        title, author = narrow_spaces(record.get("title")), narrow_spaces(record.get("author"))
        if not author and (parts := _statement.split(title, maxsplit=1))[1:]:
            title, author = parts
        title, _, other = title.partition(" : ")
        subtitle = narrow_spaces(record.get("subtitle")) or other
        typed = record.get("isbn")
        isbn = parse_isbn(typed) if typed else None
        if isbn is not None and not isbn.valid:
            notes.append(note("bad_isbn", isbn=typed))
        clc = self._class(record)
        issn = normalise_issn(record.get("issn"))
        words = re.split(r"[;；,，、\s]+", record.get("subject"))
        return Bibliographic(
            format="cnmarc",
            kind="serial" if issn and not typed else "book",
            title=title,
            other_titles=(subtitle,) if subtitle else (),
            part_number=record.get("volume"),
            responsibility=(author,) if author else (),
            edition=record.get("edition"),
            place=record.get("pub_place"),
            publisher=record.get("publisher"),
            date_text=record.get("pub_date"),
            year=parse_year(record.get("pub_date")),
            extent=_pages(record.get("pages")),
            dimensions=record.get("size"),
            price_fen=price,
            isbns=(BookNumber(typed, isbn.isbn13, price_fen=price),) if isbn else (),
            issn=issn,
            clc=(clc,) if clc else (),
            series=(Series(record.get("series")),) if record.get("series") else (),
            keywords=tuple(word for word in words if word),
            abstract=record.get("summary"),
            language=_LANGUAGES.get(record.get("language"), "chi"),
        )

    def _class(self, record: Record) -> str:
        for text in (record.get("class_no"), record.get("call_number").partition("/")[0]):
            plain = narrow(rules.split_collection(text)[1]).upper().strip()
            if plain and _class.fullmatch(plain):
                return plain
        return ""

    def _day(self, record: Record, notes: list[Note]) -> tuple[date | None, str]:
        """(入藏日期, source): without a date the item is legacy, whatever the list says."""
        text, came = record.get("in_date"), record.get("source")
        day = read_date(text, record.kind("in_date")) if text else None
        if text and day is None:
            notes.append(note("date_unread", text=text))
        if day is not None and day > self._today:
            notes.append(note("date_future", text=text))
            day = None
        if day is None:
            return None, "legacy"
        source = self._code("source", came) if came else "purchase"
        if source not in rules.SOURCES:
            notes.append(note("source_unknown", text=came))
            source = "purchase"
        return (None, "legacy") if source == "legacy" else (day, source)

    def _made(
        self,
        record: Record,
        barcode: str,
        bib: Bibliographic,
        at: tuple[places.Place, places.Place, places.Location | None],
        status: str,
        price: int | None,
        claims: list[str],
        notes: list[Note],
    ) -> NewHolding | Note:
        owner, holder, location = at
        call_number = _call_number(record)
        day, source = self._day(record, notes)
        try:
            data = encode(to_cnmarc(bib, entered=self._today))
        except EncodeError as error:
            return error.reason
        title = NewTitle(
            new_id(),
            record.position,
            catalog.title_values(bib),
            catalog.identifiers(bib),
            "cnmarc",
            UTF8,
            data,
        )
        return NewHolding(
            sheet_row=sheets.where(record),
            cells=record.cells,
            id=new_id(),
            barcode=barcode,
            accession=record.get("accession")[:40],
            library=owner.library,
            owner=owner.id,
            holder=holder.id,
            location=location.id if location else None,
            category=self._category(record, bib, call_number, location, notes),
            status=status,
            call_number=call_number,
            call_sort=rules.shelf_sort(call_number),
            volume=record.get("volume")[:60],
            price_fen=price,
            source=source,
            day=day,
            key=_key(bib),
            isbn=bib.isbns[0].isbn13 if bib.isbns else "",
            same=same_text(bib.title, record.get("volume")),
            title=title,
            warnings=[(n.code, n.values.get("text", "")) for n in notes],
            claims=claims,
        )

    def _category(
        self,
        record: Record,
        bib: Bibliographic,
        call_number: str,
        location: places.Location | None,
        notes: list[Note],
    ) -> str:
        text = record.get("item_type")
        if text:
            if code := self._known(self._code("item_type", text)):
                return code
            notes.append(note("type_unknown", text=text))
        prefix, _ = rules.split_collection(call_number)
        return rules.item_category(
            kind=bib.kind,
            audience=bib.audience,
            forms=bib.forms,
            clc=bib.shelving_class,
            prefix=prefix,
            for_children=location.for_children if location else False,
        )

    # --- showing and setting aside --------------------------------------------------------

    def show(self, record: Record, made: NewHolding | None) -> dict[str, str]:
        """Field → text for the preview; where a row can't be taken, what it says."""
        names = ("barcode", "title", "author", "isbn", "call_number", "price", "in_date")
        shown = {name: record.get(name) for name in (*names, "library", "location", "status")}
        if made is None:
            return shown
        values = dict(zip(catalog.TEXT_COLUMNS, made.title.values, strict=True))
        return {
            "barcode": made.barcode,
            "title": str(values["title"]),
            "author": str(values["responsibility"]),
            "isbn": made.isbn,
            "call_number": made.call_number,
            "library": self._owners.name(made.owner),
            "location": (record.get("cur_location") or record.get("location"))
            if made.location
            else "",
            "item_type": self._names.get(made.category, made.category),
            "status": made.status if not made.claims else LENT,
            "price": "" if made.price_fen is None else yuan(made.price_fen),
            "in_date": made.day.isoformat() if made.day else "",
        }

    def aside(self, record: Record, reasons: Sequence[Note]) -> SetAside:
        """The row as it is kept in the quarantine: its first reason, its cells."""
        reason = reasons[0] if reasons else note("code_missing")
        return sheets.set_aside(sheets.where(record), reason, record.cells, record.get("barcode"))


def narrow_spaces(text: str) -> str:
    """Runs of blanks and line breaks as one blank."""
    return " ".join(text.split())


def same_text(title: str, volume: str) -> str:
    """A title with its volume as it is compared: letters and digits only."""
    plain = unspaced(title) + "|" + unspaced(volume)
    return plain.lower()


def unspaced(text: str) -> str:
    """Letters and digits of a text, full-width forms narrowed."""
    return "".join(c for c in narrow(text) if c.isalnum())


def _key(bib: Bibliographic) -> str:
    """What makes rows of a list one title: ISBN, title and volume; without an ISBN author, publisher
    and year stand for it. 40 hex digits, kept as an identifier of the title."""
    same = same_text(bib.title, bib.part_number)
    parts: tuple[str, ...]
    if bib.isbns and bib.isbns[0].isbn13:
        parts = (bib.isbns[0].isbn13, same)
    else:
        author = unspaced(bib.responsibility[0]) if bib.responsibility else ""
        parts = ("", same, author, unspaced(bib.publisher), str(bib.year or ""))
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:40]


def _pages(text: str) -> str:
    return f"{text}页" if text.isdecimal() else text


def _call_number(record: Record) -> str:
    given = narrow(record.get("call_number"))
    if not given and record.get("class_no"):
        given = "/".join(filter(None, (narrow(record.get("class_no")), record.get("book_no"))))
    return given[:80]
