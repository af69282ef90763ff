"""One row of a reader list: a reader with card, document and guardian, or why it can't be taken.

What is doubtful about a person never keeps them out: they are taken and marked to be verified. What
is doubtful about a number does: a card that opens the wrong account is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

from shuxiang.apps.catalog.commands import sheets
from shuxiang.apps.catalog.commands.sheets import Made, SheetOptions, folded
from shuxiang.apps.catalog.queries import SetAside
from shuxiang.apps.patrons import identity, queries, rules
from shuxiang.apps.patrons.commands.import_sheet.words import (
    CATEGORY_OF,
    CLOSED,
    DOCUMENT_OF,
    SEX_OF,
    STATE_OF,
    SUSPENDED,
    TO_VERIFY,
)
from shuxiang.apps.patrons.identity import CheckedDocument, IdentityDocument
from shuxiang.apps.places import queries as places
from shuxiang.formats.identifiers import narrow
from shuxiang.formats.notes import Note, note
from shuxiang.formats.sheets import (
    Record,
    SheetKind,
    SheetMap,
    Survey,
    read_code,
    read_date,
    read_price,
)
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.values import mask_name, mask_number, yuan

_card = re.compile(r"[A-Z0-9][A-Z0-9_./-]{0,39}")
_VERIFY = frozenset(
    (
        "document_missing",
        "document_bad",
        "document_held",
        "guardian_missing",
        "guardian_bad",
        "birth_mismatch",
        "reader_status_unknown",
        "reader_unverified",
    )
)
"""Findings that leave the reader to be verified."""
FOREVER = date(9999, 12, 31)


class NewReader(Made, frozen=True, kw_only=True):
    """A reader as read. ``number`` '' takes the next card number of the library's series;
    ``issued_on`` None is unknown and never counts as new; amounts in 分."""

    number: str
    library: str
    home: str
    name: str
    category: str
    born_on: date | None
    sex: str
    phone: str
    note: str
    lost: bool
    suspended: bool
    issued_on: date | None
    expires_on: date
    deposit_fen: int
    debt_fen: int
    document: CheckedDocument | None
    guardian_name: str
    guardian_phone: str
    guardian_document: CheckedDocument | None
    relation: str


def _name(record: Record) -> str:
    """The name; of a family name and a given one in two columns, in the order of the script."""
    family, given = (" ".join(record.get(n).split()) for n in ("name", "given_name"))
    chinese = all(ord(c) >= 0x2E80 for c in family + given)
    return (family + given if chinese else f"{given} {family}".strip())[:80]


class ReaderListReader:
    """Reads the rows of one list."""

    kind: SheetKind = "readers"

    def __init__(self, found: Survey, how: SheetMap, options: SheetOptions, ctx: Context) -> None:
        self._how = how
        self._today = clock.business_date(ctx.occurred_at)
        self._usual = places.place(options.place)
        action = sheets.PERMISSIONS[self.kind]
        self._homes = sheets.Places(how, "home_library", action, ctx)
        self._length = sheets.short_length(found.lengths)
        kinds = queries.categories()
        self._categories = {k.code: k for k in kinds}
        self._by_name = {folded(k.name): k.code for k in kinds} | {
            folded(k.code): k.code for k in kinds
        }

    def means(self, name: str, text: str) -> str:
        """Our code of a text of a coded column; '' for none."""
        if name == "home_library":
            found = self._homes.find(text)
            return found.code if found else ""
        return text if name == "relation" else self._code(name, text)

    def _code(self, name: str, text: str) -> str:
        given = self._how.values.get(name, {}).get(text)
        if given is not None:
            return given
        plain = folded(text)
        if name == "reader_type":
            code = self._by_name.get(plain) or CATEGORY_OF.get(plain, "")
            return code if code in self._categories else ""
        table = {"reader_status": STATE_OF, "id_type": DOCUMENT_OF, "gender": SEX_OF}[name]
        return table.get(plain, "")

    def read(self, record: Record) -> tuple[NewReader | None, tuple[Note, ...], tuple[Note, ...]]:
        """(what the row makes, findings, what keeps it out)."""
        notes: list[Note] = []
        refused: list[Note] = []
        if any("\ufffd" in text for text in record.values.values()):
            refused.append(note("row_garbled"))
        if record.texts_lost:
            notes.append(note("text_lost"))
        name = _name(record)
        if not name:
            refused.append(note("reader_name_missing"))
        document = self._document(record, "id_no", notes)
        number, document = self._number(record, document, notes, refused)
        home = self._home(record, refused)
        category = self._category(record, refused)
        lost, suspended = self._state(record, notes, refused)
        if refused or home is None or category is None:
            return None, tuple(notes), tuple(refused)
        born = self._born(record, document, notes)
        issued = self._issued(record, notes)
        guardian = self._document(record, "guardian_id", notes)
        guardian_name = record.get("guardian")[:80]
        self._verify(category, born, document, guardian_name, notes)
        deposit, debt = (self._amount(record, n, notes) for n in ("deposit", "debt"))
        sex = self._code("gender", record.get("gender")) if record.get("gender") else ""
        if document is not None and document.sex:
            sex = document.sex
        codes = [n.code for n in notes]
        made = NewReader(
            sheet_row=sheets.where(record),
            cells=record.cells,
            number=number,
            library=home.library,
            home=home.id,
            name=name,
            category=category.code,
            born_on=None if category.for_groups else born,
            sex=sex,
            phone=self._phone(record, "phone", notes),
            note=_note(record, debt),
            lost=lost,
            suspended=suspended,
            issued_on=issued,
            expires_on=self._expires(record, issued or self._today, category, notes),
            deposit_fen=deposit,
            debt_fen=debt,
            document=document if document is None or not document.fault else None,
            guardian_name=guardian_name,
            guardian_phone=self._phone(record, "guardian_phone", notes),
            guardian_document=guardian if guardian is None or not guardian.fault else None,
            relation=record.get("relation")[:20] or ("监护人" if guardian_name else ""),
            # Never the text: it may be a number of the reader's.
            warnings=[(n.code, "") for n in notes],
            claims=[code for code in dict.fromkeys(codes) if code in _VERIFY],
        )
        return made, tuple(notes), ()

    def _number(
        self,
        record: Record,
        document: CheckedDocument | None,
        notes: list[Note],
        refused: list[Note],
    ) -> tuple[str, CheckedDocument | None]:
        """The card number, '' where it was an ID number, which then is the reader's document."""
        text = record.get("card_no")
        code = read_code(text, record.kind("card_no"))
        shown = mask_number(text) if len(text) >= 15 else text
        if not text:
            refused.append(note("code_missing"))
        elif code.fault:
            refused.append(note(code.fault, text=shown))
        elif identity.is_citizen_number(code.text):
            notes.append(note("card_is_id"))
            own = self._checked("idcard", code.text)
            return "", own if document is None or document.fault else document
        elif not _card.fullmatch(code.text):
            refused.append(note("card_form", text=shown))
        if code.mended:
            notes.append(note(code.mended))
        if self._length and code.text.isdecimal() and len(code.text) < self._length:
            notes.append(note("code_short", text=code.text, usual=self._length))
        return code.text, document

    def _checked(self, kind: str, number: str) -> CheckedDocument:
        return identity.check_document(IdentityDocument(kind, number), today=self._today)

    def _document(self, record: Record, name: str, notes: list[Note]) -> CheckedDocument | None:
        text = record.get(name)
        if not text:
            return None
        said = record.get("id_type") if name == "id_no" else ""
        code = read_code(text, record.kind(name))
        kind = self._code("id_type", said) if said else "idcard"
        found = self._checked(kind or "idcard", code.text)
        if code.fault or found.fault:
            notes.append(note("document_bad" if name == "id_no" else "guardian_bad"))
            return CheckedDocument(found.kind, "", code.fault or found.fault)
        return found

    def _home(self, record: Record, refused: list[Note]) -> places.Place | None:
        home: places.Place | None = self._usual
        if text := record.get("home_library"):
            home = self._homes.find(text)
            if home is None:
                refused.append(note("place_unknown", text=text))
        if home is not None and not self._homes.allowed(home.id):
            refused.append(note("place_forbidden", text=home.name))
        return home

    def _category(self, record: Record, refused: list[Note]) -> rules.Category | None:
        text = record.get("reader_type")
        code = self._code("reader_type", text) if text else "adult"
        found = self._categories.get(code)
        if found is None:
            refused.append(note("reader_type_unknown", text=text))
        return found

    def _state(self, record: Record, notes: list[Note], refused: list[Note]) -> tuple[bool, bool]:
        """Whether the card is reported lost, whether lending is stopped."""
        text = record.get("reader_status")
        code = self._code("reader_status", text) if text else "active"
        if code == CLOSED:
            refused.append(note("reader_closed_before", text=text))
        elif code == TO_VERIFY:
            notes.append(note("reader_unverified"))
        elif code not in ("active", "lost", SUSPENDED):
            notes.append(note("reader_status_unknown", text=text))
        return code == "lost", code == SUSPENDED

    def _born(
        self, record: Record, document: CheckedDocument | None, notes: list[Note]
    ) -> date | None:
        text = record.get("birth")
        said = read_date(text, record.kind("birth")) if text else None
        own = document.born_on if document else None
        if text and (said is None or said > self._today):
            notes.append(note("birth_unread", text=text))
            said = None
        if own is not None and said not in (None, own):
            notes.append(note("birth_mismatch"))
        return own or said

    def _verify(
        self,
        category: rules.Category,
        born: date | None,
        document: CheckedDocument | None,
        guardian: str,
        notes: list[Note],
    ) -> None:
        if category.for_groups:
            return
        age = identity.age_on(born, self._today) if born else None
        needed = rules.guardian_needed(category, age)
        if needed and not guardian:
            notes.append(note("guardian_missing"))
        if document is None and not needed:
            notes.append(note("document_missing"))

    def _issued(self, record: Record, notes: list[Note]) -> date | None:
        text = record.get("issue_date")
        day = read_date(text, record.kind("issue_date")) if text else None
        if text and (day is None or day > self._today):
            notes.append(note("issue_unread", text=text))
            return None
        return day

    def _expires(
        self, record: Record, issued: date, category: rules.Category, notes: list[Note]
    ) -> date:
        text = record.get("expire_date")
        day = read_date(text, record.kind("expire_date")) if text else None
        if day is not None:
            return day
        if folded(text) in ("永久", "长期", "长期有效", "永久有效", "无限期"):
            return date(2099, 12, 31)
        if text:
            notes.append(note("expire_unread", text=text))
        usual = clock.add_months(issued, category.valid_months)
        # A card of unknown term that its readers still use runs on for a while to be renewed.
        return max(usual, self._today + timedelta(days=rules.RENEWABLE_DAYS))

    def _amount(self, record: Record, name: str, notes: list[Note]) -> int:
        text = record.get(name)
        if not text or folded(text) in ("无", "免", "免押", "免押金", "-"):
            return 0
        fen, said = read_price(text, record.kind(name))
        if fen is None or said == "price_foreign":
            notes.append(note("amount_unread", text=text))
            return 0
        return fen

    def _phone(self, record: Record, name: str, notes: list[Note]) -> str:
        text = record.get(name)
        if not text:
            return ""
        phone = identity.normalise_phone(text)
        if not identity.phone_valid(phone):
            notes.append(note("phone_bad"))
            return ""
        return phone

    def show(self, record: Record, made: NewReader | None) -> dict[str, str]:
        """Field → text for the preview, numbers masked."""
        masked = {
            "id_no": mask_number(narrow(record.get("id_no"))),
            "phone": identity.mask_phone(identity.normalise_phone(record.get("phone"))),
        }
        names = ("card_no", "name", "home_library", "reader_type", "reader_status")
        if made is None:
            said = {name: record.get(name) for name in names}
            if len(said["card_no"]) >= 15:
                said["card_no"] = mask_number(said["card_no"])
            return {**said, **masked}
        return {
            "card_no": made.number,
            "name": made.name,
            **masked,
            "home_library": self._homes.name(made.home),
            "reader_type": self._categories[made.category].name,
            "reader_status": "lost" if made.lost else SUSPENDED if made.suspended else "active",
            "birth": made.born_on.isoformat() if made.born_on else "",
            "issue_date": made.issued_on.isoformat() if made.issued_on else "",
            "expire_date": made.expires_on.isoformat(),
            "deposit": yuan(made.deposit_fen) if made.deposit_fen else "",
            "guardian": mask_name(made.guardian_name),
        }

    def aside(self, record: Record, reasons: Sequence[Note]) -> SetAside:
        """The row as it is kept in the quarantine, encrypted."""
        reason = reasons[0] if reasons else note("code_missing")
        return aside_row(
            sheets.where(record), reason, self._without_pin(record), record.get("card_no")
        )

    def _without_pin(self, record: Record) -> list[str]:
        """The cells without the password of the old system, which nobody is to know."""
        at = self._how.columns.get("pin", -1)
        return ["" if n == at else text for n, text in enumerate(record.cells)]


def aside_row(place: str, reason: Note, cells: list[str], number: str) -> SetAside:
    """A row about a reader for the quarantine; an ID number for a card number is masked."""
    shown = mask_number(number) if len(number) >= 15 else number
    return sheets.set_aside(place, reason, cells, shown, seal=sheets.sealed)


def _note(record: Record, debt: int) -> str:
    """What has no field of its own: nothing of the list is lost unseen."""
    parts = [
        record.get("note"),
        f"单位：{record.get('unit')}" if record.get("unit") else "",
        f"原系统欠款 {yuan(debt)} 元" if debt else "",
    ]
    return "；".join(part for part in parts if part)[:200]
