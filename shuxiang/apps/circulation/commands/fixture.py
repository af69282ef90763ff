"""A library made from a description in JSON: branches, terminals, readers, books, one rule.

For trying software against a library whose every number is known. Whoever describes it vouches for
the readers: they need no documents, and their PINs are good at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any, TypeAlias, TypeVar

import msgspec

from shuxiang.apps.circulation.commands import opening
from shuxiang.apps.circulation.commands.loan_rules import MOST, add_rule
from shuxiang.apps.fees import commands as fees
from shuxiang.apps.patrons.commands import in_bulk as patrons
from shuxiang.apps.places import commands as places
from shuxiang.apps.stock.commands import in_bulk as stock
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import scanned

AT_ONCE = 5000
CATEGORY = "book"
OWED = "期初欠费"
PATTERN = re.compile(r"%0?\d*d")
T = TypeVar("T")
Hash = Callable[[str], str]


class Branch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A branch; the first of them is the main library."""

    code: str
    name: str


class SipAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A terminal of a branch, granted everything of a reader."""

    login: str
    password: str
    branch: str
    institution: str = ""
    encoding: str = "utf-8"
    error_detection: bool = False
    terminator: str = ""


class PatronType(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: str
    name: str


class Patron(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One reader, or ``count`` of them whose barcodes follow ``pattern``."""

    barcode: str = ""
    pattern: str = ""
    count: int = 0
    pin: str = ""
    name: str = ""
    type: str = ""
    branch: str = ""
    birth_date: str = ""
    address: str = ""
    phone: str = ""
    email: str = ""
    expires: str = ""
    fines_owed: str = ""
    internet: str = ""


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One item, or ``count`` of them whose barcodes (and titles) follow ``pattern``."""

    barcode: str = ""
    pattern: str = ""
    count: int = 0
    title: str = ""
    isbn: str = ""
    branch: str = ""


Row: TypeAlias = Patron | Item


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What may be lent, for all readers and items alike."""

    loan_days: int = 30
    loans_at_once: int = 5
    renewals_at_once: int = 1
    holds_at_once: int = 5
    reservable_on_shelf: bool = True
    fine_block_above: str = ""
    currency: str = "CNY"
    sip_block_and_enable_patron: bool = False


class Fixture(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole description."""

    branches: tuple[Branch, ...]
    sip_accounts: tuple[SipAccount, ...] = ()
    patron_types: tuple[PatronType, ...] = ()
    patrons: tuple[Patron, ...] = ()
    items: tuple[Item, ...] = ()
    rules: Rules = Rules()


class Fault(ValueError):
    """Something in the description that can't be; the message names it."""


def _said(value: Any) -> Any:
    """Without what is null: that is as good as left out."""
    if isinstance(value, dict):
        return {name: _said(each) for name, each in value.items() if each is not None}
    return [_said(each) for each in value] if isinstance(value, list) else value


def read(data: bytes) -> Fixture:
    """Read and check a description; null is as good as left out. Raises Fault."""
    try:
        found = msgspec.convert(_said(msgspec.json.decode(data)), Fixture)
    except msgspec.DecodeError as error:
        raise Fault(str(error)) from None
    _check(found)
    return found


def _check(f: Fixture) -> None:
    if not f.branches:
        raise Fault("branches: at least one is needed")
    codes = [b.code for b in f.branches]
    _unlike("branches", [_slug(c) for c in codes])
    for n, account in enumerate(f.sip_accounts):
        where = f"sip_accounts[{n}]"
        _known(where, "branch", account.branch, codes)
        _known(where, "encoding", account.encoding, ("utf-8", "gbk", "gb18030"))
        _known(where, "terminator", account.terminator, ("", "CR", "CRLF", "LF"))
    _unlike("sip_accounts", [a.login for a in f.sip_accounts])
    types = [t.code for t in f.patron_types] or ["adult"]
    for n, patron in enumerate(f.patrons):
        where = f"patrons[{n}]"
        _check_row(where, patron, codes)
        _known(where, "type", patron.type or types[0], types)
        _day(patron.birth_date, f"{where}.birth_date")
        _day(patron.expires, f"{where}.expires")
        fen(patron.fines_owed, f"{where}.fines_owed")
    for n, item in enumerate(f.items):
        _check_row(f"items[{n}]", item, codes)
        if not item.title.strip():
            raise Fault(f"items[{n}]: an item needs a title")
    _unlike("patrons", list(_codes(f.patrons)))
    _unlike("items", list(_codes(f.items)))
    fen(f.rules.fine_block_above, "rules.fine_block_above")
    if not re.fullmatch(r"[A-Za-z]{3}", f.rules.currency):
        raise Fault(f"rules.currency: {f.rules.currency!r} is no currency of three letters")
    for name in ("loan_days", "loans_at_once"):
        if not 1 <= getattr(f.rules, name) <= MOST:
            raise Fault(f"rules.{name}: from 1 to {MOST}")
    for name in ("renewals_at_once", "holds_at_once"):
        if not 0 <= getattr(f.rules, name) <= MOST:
            raise Fault(f"rules.{name}: from 0 to {MOST}")


def _check_row(where: str, row: Row, branches: Sequence[str]) -> None:
    if bool(row.barcode) == bool(row.pattern):
        raise Fault(f"{where}: give either barcode or pattern")
    if row.pattern and (len(PATTERN.findall(row.pattern)) != 1 or row.count < 1):
        raise Fault(f"{where}: a pattern holds one number such as %05d and needs a count")
    if row.barcode and row.count:
        raise Fault(f"{where}: count goes with a pattern")
    _known(where, "branch", row.branch or branches[0], branches)


def _known(where: str, key: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise Fault(f"{where}.{key}: {value!r} is none of {', '.join(k for k in known if k)}")


def _unlike(where: str, codes: list[str]) -> None:
    seen: set[str] = set()
    for code in codes:
        if not code or len(code) > 40:
            raise Fault(f"{where}: a code has 1 to 40 characters, not {code!r}")
        if code in seen:
            raise Fault(f"{where}: {code!r} stands there twice")
        seen.add(code)


def _day(text: str, where: str) -> date | None:
    """``YYYYMMDD`` or ``YYYY-MM-DD``; None for ''."""
    if not text:
        return None
    try:
        return datetime.strptime(text.replace("-", ""), "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise Fault(f"{where}: {text!r} is no day") from None


def fen(text: str, where: str) -> int:
    """An amount such as ``1.50`` in hundredths; 0 for ''."""
    if not text:
        return 0
    try:
        hundredths = Decimal(text) * 100
    except InvalidOperation:
        raise Fault(f"{where}: {text!r} is no amount") from None
    if hundredths < 0 or hundredths != int(hundredths) or hundredths > 10**9:
        raise Fault(f"{where}: {text!r} is no amount with at most two decimals")
    return int(hundredths)


def _slug(code: str) -> str:
    """A branch's code as places have them."""
    return re.sub(r"[^a-z0-9]+", "-", code.lower()).strip("-")[:16]


def _numbered(pattern: str, number: int) -> str:
    """The pattern with its number filled in; other % signs stay."""
    return PATTERN.sub(lambda found: found[0] % number, pattern)


def _codes(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        if row.pattern:
            yield from (scanned(_numbered(row.pattern, n)) for n in range(1, row.count + 1))
        else:
            yield scanned(row.barcode)


def _case(rows: Sequence[Row]) -> str:
    """How the codes are printed: ``lower`` where all with letters are."""
    printed = [row.barcode or row.pattern.replace("d", "") for row in rows]
    lettered = [code for code in printed if code.lower() != code.upper()]
    return "lower" if lettered and all(code == code.lower() for code in lettered) else "upper"


def _chunks(rows: Iterator[T]) -> Iterator[tuple[T, ...]]:
    while chunk := tuple(islice(rows, AT_ONCE)):
        yield chunk


def open_fixture(f: Fixture, *, admin_password: str, hashed: Hash, ctx: Context) -> dict[str, int]:
    """Make the library of a description; returns how many of what. ``hashed`` makes the slow hash of a
    password or PIN. The acts commit in chunks: call inside `bulk`."""
    today = clock.business_date(ctx.occurred_at)
    opened_on = date(today.year - 1, 1, 1)
    ids = _places(f, admin_password, opened_on, ctx)
    main = ids[f.branches[0].code]
    here = opening.at(main, ctx)
    _terminals(f, ids, hashed, here)
    types = tuple((t.code[:32], t.name[:40]) for t in f.patron_types)
    patrons.name_categories(names=types, ctx=here.with_key("patron-types"))
    add_rule(
        place=main,
        valid_from=opened_on,
        loan_limit=f.rules.loans_at_once,
        loan_days=f.rules.loan_days,
        renewal_limit=f.rules.renewals_at_once,
        renewal_days=f.rules.loan_days,
        hold_limit=f.rules.holds_at_once,
        hold_on_shelf="always" if f.rules.reservable_on_shelf else "never",
        ctx=here.with_key("rule"),
    )
    if f.rules.fine_block_above:
        fees.add_rule(
            kind="limit",
            place=main,
            valid_from=today,
            amount_fen=fen(f.rules.fine_block_above, "rules.fine_block_above"),
            ctx=here.with_key("fee-limit"),
        )
    readers = books = 0
    for number, chunk in enumerate(_chunks(_readers(f, ids, hashed))):
        readers += patrons.admit_in_bulk(readers=chunk, ctx=here.with_key(f"readers.{number}"))
    for number, (card, owed) in enumerate(_owing(f)):
        key = here.with_key(f"owed.{number}")
        fees.charge(card=card, amount_fen=owed, note=OWED, ctx=key)
    for number, some in enumerate(_chunks(_books(f, ids))):
        key = here.with_key(f"books.{number}")
        books += stock.add_in_bulk(books=some, category=CATEGORY, ctx=key)
    return {
        "branches": len(ids),
        "terminals": len(f.sip_accounts),
        "readers": readers,
        "items": books,
    }


def _places(f: Fixture, password: str, opened_on: date, ctx: Context) -> dict[str, str]:
    main, *others = f.branches
    planned = [opening.PlannedPlace(kind="main_library", code=_slug(main.code), name=main.name)]
    planned += (
        opening.PlannedPlace(
            kind="branch", code=_slug(b.code), name=b.name, parent=_slug(main.code)
        )
        for b in others
    )
    admin = opening.PlannedAccount(
        username="admin", name="系统管理员", role="admin", place=_slug(main.code)
    )
    plan = opening.Plan(opened_on=opened_on, places=tuple(planned), accounts=(admin,))
    made = opening.open_library(plan, passwords={"admin": password}, ctx=ctx)
    ids = {b.code: made[_slug(b.code)] for b in f.branches}
    for branch in f.branches:
        if branch.code != _slug(branch.code):
            places.set_setting(
                place=ids[branch.code],
                key="machines.code",
                value=branch.code,
                ctx=ctx.with_key(f"code.{branch.code}"),
            )
    return ids


def _terminals(f: Fixture, ids: dict[str, str], hashed: Hash, ctx: Context) -> None:
    for account in f.sip_accounts:
        settings: dict[str, Any] = {
            "encoding": account.encoding,
            "error_detection": account.error_detection,
            "terminator": account.terminator,
            "institution": account.institution,
            "patron_data": "full",
            "currency": f.rules.currency.upper(),
            "cards": _case(f.patrons),
            "items": _case(f.items),
            "blocks": f.rules.sip_block_and_enable_patron,
        }
        places.add_hashed(
            place=ids[account.branch],
            kind="sip2",
            login=account.login,
            name=account.login,
            settings=settings,
            secret_hash=hashed(account.password),
            ctx=ctx.with_key(f"terminal.{account.login}"),
        )


def _readers(f: Fixture, ids: dict[str, str], hashed: Hash) -> Iterator[patrons.NewReader]:
    usual = f.patron_types[0].code if f.patron_types else "adult"
    for row in f.patrons:
        # One slow hash a line: whoever reads the description knows that they are alike.
        pin_hash = hashed(row.pin) if row.pin else ""
        for number in range(1, (row.count or 1) + 1):
            code = _numbered(row.pattern, number) if row.pattern else row.barcode
            yield patrons.NewReader(
                id=new_id(),
                card=scanned(code),
                name=_numbered(row.name, number) if row.pattern else row.name or code,
                category=(row.type or usual)[:32],
                home=ids[row.branch or f.branches[0].code],
                pin_hash=pin_hash,
                born_on=_day(row.birth_date, "birth_date"),
                expires_on=_day(row.expires, "expires"),
                phone=row.phone,
                address=row.address,
                email=row.email,
                internet=row.internet,
            )


def _owing(f: Fixture) -> Iterator[tuple[str, int]]:
    """Who owes how much."""
    for row in f.patrons:
        if owed := fen(row.fines_owed, "fines_owed"):
            yield from ((code, owed) for code in _codes((row,)))


def _books(f: Fixture, ids: dict[str, str]) -> Iterator[stock.NewBook]:
    known: dict[tuple[str, str], str] = {}
    for row in f.items:
        for number in range(1, (row.count or 1) + 1):
            text = _numbered(row.title, number) if row.pattern else row.title
            title = known.get((text, row.isbn))
            fresh = title is None
            if title is None:
                title = known[text, row.isbn] = new_id()
            code = _numbered(row.pattern, number) if row.pattern else row.barcode
            owner = ids[row.branch or f.branches[0].code]
            yield stock.NewBook(scanned(code), title, text, row.isbn, owner, fresh)
