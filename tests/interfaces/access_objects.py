"""What the addresses of `access.tsv` name: the same kinds of objects at the own and another branch."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from shuxiang.apps.acquisitions import commands as acquisitions
from shuxiang.apps.catalog.commands import sheets
from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.circulation import queries as circulation_queries
from shuxiang.apps.drift import commands as drift
from shuxiang.apps.exchange import commands as exchange
from shuxiang.apps.fees import commands as fees
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.patrons import queries as readers
from shuxiang.apps.phases import commands as phases
from shuxiang.apps.phases.queries import Terms
from shuxiang.apps.places import commands as places
from shuxiang.apps.places.queries import open_calls
from shuxiang.apps.processing import commands as processing
from shuxiang.apps.serials import commands as serials
from shuxiang.apps.serials import queries as serial_queries
from shuxiang.apps.serials.rules import Pattern
from shuxiang.apps.staff import commands as staff
from shuxiang.apps.staff.models import Account
from shuxiang.apps.staff.roles import SHIPPED
from shuxiang.apps.stock.commands import import_marc as importing
from shuxiang.apps.stock.commands import items
from shuxiang.apps.stockcontrol import commands as stockcontrol
from shuxiang.apps.visits import commands as visits
from shuxiang.apps.visits import queries as gate_conflicts
from shuxiang.formats.marc import encode
from shuxiang.kernel.context import Actor, Context
from shuxiang.kernel.ids import new_id
from shuxiang.statistics import commands as statistics
from shuxiang.statistics import daily
from tests.apps.patrons import people
from tests.apps.stock.marc_files import iso2709, record
from tests.support import journals, yearly
from tests.support.library import PASSWORD, Contexts, Library, moment
from tests.support.targets import cnmarc

ROLES = tuple(SHIPPED)


@dataclass(frozen=True, slots=True)
class Access:
    """``own`` and ``other``: name in the table → value in an address, at the east branch, where
    every role is held, and at the west branch, where none is. ``sessions``: role → session key of
    an account that holds that role alone."""

    own: dict[str, str] = field(default_factory=dict)
    other: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)


def build(library: Library) -> Access:
    """The small year of 2020 as seen in March 2021, with an object of each kind at either branch."""
    stocked = yearly.play(library)
    ctx = Contexts(library)
    access = Access()
    partner = exchange.add_partner(code="city", name="市图书馆", ctx=ctx(at=yearly.LATER))
    exchange.agree(
        partner=partner, valid_from=yearly.LATER.date(), lending=True, ctx=ctx(at=yearly.LATER)
    )
    fund = acquisitions.add_fund(
        code="GZ", name="购书经费", source="budget", year=2021, budget_fen=100_000,
        ctx=ctx(at=yearly.LATER),
    )  # fmt: skip
    supplier = acquisitions.save_supplier(code="XH", name="新华书店", ctx=ctx(at=yearly.LATER))
    for number, (side, place) in enumerate(
        ((access.own, library.east), (access.other, library.west)), start=1
    ):
        at = ctx(place=place, at=yearly.LATER)
        side.update(_common(library, place, stocked.titles[0]))
        side["title2"] = stocked.titles[1]
        registered = people.adult(
            _at(at),
            number=people.id_number(date(1980, 1, number), 1),
            name=f"读者{number}",
            home=place,
        )
        side["patron"], side["card"] = registered.patron, registered.number
        side["item"] = items.add_item(
            title=stocked.titles[0],
            barcode=f"X00{number}",
            owner=place,
            category="book",
            ctx=_at(at),
        )
        side["barcode"] = f"X00{number}"
        lost = items.add_item(
            title=stocked.titles[0],
            barcode=f"X01{number}",
            owner=place,
            category="book",
            ctx=_at(at),
        )
        side["case"] = circulation.report_lost(item=lost, kind="lost", why="x", ctx=_at(at))
        side["hold"] = circulation.place_hold(
            item_barcode=f"X00{number}",
            card=readers.live_card(side["patron"]).number,  # type: ignore[union-attr]
            pickup=place,
            ctx=_at(at),
        ).hold
        circulation.check_in(item_barcode=f"X00{number}", ctx=_at(at))
        side["visit"] = statistics.enter_visits(
            place=place, day=date(2020, 5, 3), number=30, source="manual", ctx=_at(at)
        ).entry
        visits.count_by_hand(direction="in", ctx=ctx(place=place, at=moment("2021-02-03", "10:00")))
        side["conflict"] = _conflict(place, number, ctx)
        side["announcement"] = places.announce(
            title="通知", text="正文", places=(place,), first_day=date(2021, 1, 1), ctx=_at(at)
        )
        side["paper"] = circulation.enter_paper(
            line=circulation.PaperLine(act="check_in", at=yearly.LATER, barcode=f"P{number}"),
            ctx=_at(at),
        ).entry
        side["batch"] = _batch(place, number, _at(at))
        side["list"] = _list(place, number, _at(at))
        side["rule"] = circulation.add_rule(
            place=place, valid_from=date(2022, 1, 1), loan_limit=9, loan_days=20, ctx=_at(at)
        )
        side["phase"] = phases.write(
            place=place,
            include_branches=False,
            terms=Terms(
                kind="closed",
                name="闭馆",
                first_day=date(2021, 5, 1),
                last_day=date(2021, 5, 9),
                due_mode="closed_days",
            ),
            ctx=_at(at),
        )
        side["reading_site"] = drift.register(place=place, kind="bookhouse", ctx=_at(at))
        side["drifting"] = drift.add_books(
            site=side["reading_site"], books=(drift.New("边城"),), ctx=_at(at)
        )[0]
        side["task"] = phases.add_task(phase=side["phase"], text="消毒", ctx=_at(at))
        side["device"] = places.add_device(
            place=place, kind="gate", login=f"gate{number}", name="门禁", ctx=_at(at)
        ).id
        side["kiosk"] = places.add_device(
            place=place, kind="kiosk", login=f"kiosk{number}", name="自助机", ctx=_at(at)
        ).id
        side["call"] = _call(side["kiosk"], place, ctx)
        side |= _money(place, side["patron"], number, ctx)
        desk = journals.add(place, f"offline{number}", ctx)
        desk.write("check_in", yearly.LATER, f"J{number}")
        desk.synced = yearly.LATER
        desk.send(yearly.LATER)
        side["offline"] = desk.id
        side["offline_line"] = circulation_queries.journal_conflicts((place,))[0].id
        group = people.group(_at(at), name=f"班级{number}", home=place)
        side["group_batch"] = exchange.open_batch(card=group.number, ctx=_at(at))
        side["delivery"] = exchange.open_delivery(
            destination=place, ctx=ctx(place=library.main, at=yearly.LATER)
        )
        side["entry_batch"] = processing.open_batch(
            place=place, category="book", source="gift", ctx=_at(at)
        )
        side["entry_project"] = processing.add_project(
            name="回溯", target=10, begun_on=date(2021, 1, 4), ctx=_at(at)
        )
        side["withdrawal"] = stockcontrol.open_withdrawal(
            place=place, name="旧书", basis="办法", ctx=ctx(place=place, at=yearly.LATER)
        )
        side["inventory"] = stockcontrol.open_inventory(
            place=place, ctx=ctx(place=place, at=yearly.LATER)
        )
        side |= _buying(place, fund, supplier, stocked.titles[0], ctx)
        side["partner"] = partner
        side["interloan"] = exchange.ask_interloan(
            partner=partner, card=side["card"], title="三体", ctx=_at(at)
        )
        side |= _shared(number, _at(at))
        side["account"] = _account(library, f"target{number}", "desk", place)
    for role in ROLES:
        account = _account(library, f"only_{role}", role, library.east)
        access.sessions[role] = _signed_in(account)
    daily.refresh()
    return access


def _shared(number: int, ctx: Context) -> dict[str, str]:
    """A target nobody listens at, and a record it once answered with."""
    profile = {"kind": "z3950", "address": "127.0.0.1", "port": 9, "database": "x", "seconds": 1}
    target = exchange.add_target(
        name=f"套录源{number}", profile=profile, active=False, ctx=ctx.with_key("target")
    )
    data = encode(cnmarc("1", "9787020142101", "平凡的世界", "路遥"))
    kept = exchange.Kept(target, data, "utf-8", data, "utf-8")
    (found,) = exchange.keep_found(records=[kept], ctx=ctx)
    harvest = exchange.add_harvest(
        name=f"收割源{number}", address="http://127.0.0.1:9/oai", ctx=ctx.with_key("harvest")
    )
    return {"target": target, "found": found, "harvest": harvest}


def _money(place: str, patron: str, number: int, ctx: Contexts) -> dict[str, str]:
    """A charge and its payment, a rule to come and an amnesty."""
    at = ctx(place=place, at=yearly.LATER)
    card = patrons.loan_reader(patron)
    assert card is not None
    fees.charge(
        card=card.number, amount_fen=500, kind="brought", ctx=ctx(place=place, at=yearly.LATER)
    )
    paid = fees.pay(card=card.number, amount_fen=100, ctx=at)
    rule = fees.add_rule(
        kind="limit",
        place=place,
        valid_from=date(2022, 1, number),
        amount_fen=10000,
        ctx=ctx(place=place, at=yearly.LATER),
    )
    amnesty = fees.apply_amnesty(
        place=place,
        first_day=date(2021, 1, 1),
        last_day=date(2021, 1, 2),
        why="春节",
        ctx=ctx(place=place, at=yearly.LATER),
    )
    return {
        "entry": paid.entry,
        "charge": paid.lines[0].charge,
        "fee_rule": rule,
        "amnesty": amnesty,
    }


def _buying(place: str, fund: str, supplier: str, title: str, ctx: Contexts) -> dict[str, str]:
    """An order of the place that went out."""

    def at() -> Context:
        return ctx(place=place, at=yearly.LATER)

    order = acquisitions.open_order(supplier=supplier, fund=fund, ctx=at())
    line = acquisitions.NewLine(title_text="三体全集", price_fen=2980, shares={place: 2})
    acquisitions.add_lines(order=order, lines=(line,), ctx=at())
    acquisitions.place_order(order=order, ctx=at())
    gift = acquisitions.enter_donation(
        giver="张建国", kind="person", given_on=date(2021, 3, 1), ctx=at()
    )
    subscription = serials.subscribe(
        title=title, first_day=date(2021, 1, 5), last_day=date(2021, 12, 31),
        pattern=Pattern(frequency="monthly"), shares={place: 1}, ctx=at(),
    )  # fmt: skip
    issue = serial_queries.issues(subscription)[0].id
    (claim,) = serials.claim(issues=(issue,), ctx=at())
    return {
        "fund": fund, "supplier": supplier, "order": order, "donation": gift,
        "subscription": subscription, "claim": claim,
    }  # fmt: skip


def _common(library: Library, place: str, title: str) -> dict[str, str]:
    return {
        "place": "east" if place == library.east else "west",
        "place_id": place,
        "title": title,
        "unknown": "0" * 32,
    }


def _conflict(place: str, number: int, ctx: Contexts) -> str:
    """A gate that said the same number with another content."""
    gate = places.add_device(
        place=place, kind="gate", login=f"turnstile{number}", name="闸机", ctx=ctx(at=yearly.LATER)
    ).id
    for direction in ("in", "out"):
        said = visits.GatePass(seq=1, at=moment("2021-02-04", "09:00"), direction=direction)
        at = ctx(Actor("terminal", gate), place=place, at=moment("2021-02-04", "10:00"))
        visits.record_passes(events=(said,), ctx=at)
    return gate_conflicts.conflicts((place,))[0].id


def _call(device: str, place: str, ctx: Contexts) -> str:
    """A self-service machine that waits for somebody."""
    own = ctx(Actor("terminal", device), place=place, channel="kiosk", at=yearly.LATER)
    places.call_staff(code="asked", ctx=own)
    (call,) = open_calls([place])
    return call.id


def _batch(place: str, number: int, ctx: Context) -> str:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "books.iso"
        path.write_bytes(iso2709([record(800 + number)]))
        return importing.run(path, importing.Options(place=place), ctx=ctx)


def _list(place: str, number: int, ctx: Context) -> str:
    """A holdings list that was uploaded and not started."""
    folder = Path(settings.HOME) / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"list{number}"
    path.write_text(f"条码号,题名\nL00{number},三体\n", encoding="utf-8")
    found = sheets.look(path, sheets.SheetOptions(place=place))
    return sheets.begin_sheet(
        kind="holdings",
        place=place,
        file_name="list.csv",
        file_sha256=found.sha256,
        file_size=found.size,
        charset=found.charset,
        format=found.format,
        profile=found.map.to_dict(),
        rows=found.rows,
        draft=True,
        file_path=f"imports/list{number}",
        seen=found.facts(),
        ctx=ctx,
    ).number


def _at(ctx: Context) -> Context:
    return ctx.with_key(new_id())


def _account(library: Library, username: str, role: str, place: str) -> str:
    ctx = Contexts(library)(at=yearly.LATER)
    account = staff.add_account(
        username=username,
        name=f"{SHIPPED[role][0]}{username[-1]}",
        home=place,
        password_hash=staff.hashed(PASSWORD, username=username),
        must_change=False,
        ctx=_at(ctx),
    )
    staff.grant(account=account, role=role, place=place, ctx=_at(ctx))
    return account


def _signed_in(account: str) -> str:
    store = SessionStore()
    store[SESSION_KEY] = account
    store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store[HASH_SESSION_KEY] = Account.objects.get(id=account).get_session_auth_hash()
    store.save()
    return str(store.session_key)


COOKIE = settings.SESSION_COOKIE_NAME
