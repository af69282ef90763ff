"""What must hold, proved from the database (design §8, reliability §2): the lines of `shuxiang check`.

Read only, but for the daily counts, which are first brought up to the ledger.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

from shuxiang.apps.stockcontrol import queries as stockcontrol
from shuxiang.apps.visits import queries as passes
from shuxiang.ledger import sequence, triggers
from shuxiang.runtime import changes, sql
from shuxiang.statistics import closures, daily, fold, journals, money, queries, waiting
from shuxiang.statistics.assets import funds_balance, property_balances
from shuxiang.statistics.checked import Checked
from shuxiang.statistics.checked import line as _line
from shuxiang.statistics.counts import frozen
from shuxiang.statistics.figures import SCOPES, NoData, figures
from shuxiang.statistics.indicators import find

ATTEMPTS = 5
FEW = 50
"""How often days that differ are looked at again, and how many of them at most."""


def one_open_loan() -> Checked:
    """1: an item has at most one open loan."""
    rows = sql.all(
        "SELECT item_id, COUNT(*) FROM circulation_loan WHERE returned_at IS NULL "
        "GROUP BY item_id HAVING COUNT(*) > 1"
    )
    broken = [f"item {item} has {count} open loans" for item, count in rows]
    return _line("1", "an item has at most one open loan", broken)


_BEGUN = "'loan.opened', 'loan.taken_over'"


def loans_balance() -> Checked:
    """2: opened − returned − written off = open loans, per place, in total and loan by loan. A loan
    taken over from another system was opened there (ADR 0006)."""
    rows = sql.all(
        "SELECT place, SUM(ledger), SUM(open) FROM ("
        f"SELECT lending_place AS place, CASE WHEN type IN ({_BEGUN}) THEN quantity "
        "ELSE -quantity END AS ledger, 0 AS open FROM ledger_event "
        f"WHERE type IN ({_BEGUN}, 'loan.closed', 'loan.written_off') "
        "UNION ALL SELECT place_id, 0, 1 FROM circulation_loan WHERE returned_at IS NULL) b "
        "GROUP BY place HAVING SUM(ledger) <> SUM(open)"
    )
    broken = [f"place {p}: the ledger has {a} open loans, the tables {b}" for p, a, b in rows]
    rows = sql.all(
        "SELECT l.id, e.open, CASE WHEN l.returned_at IS NULL THEN 1 ELSE 0 END "
        f"FROM circulation_loan l LEFT JOIN (SELECT loan, SUM(CASE WHEN type IN ({_BEGUN}) "
        "THEN quantity ELSE -quantity END) AS open FROM ledger_event WHERE loan IS NOT NULL "
        f"AND type IN ({_BEGUN}, 'loan.closed', 'loan.written_off') GROUP BY loan) e "
        "ON e.loan = l.id WHERE e.open IS NULL "
        "OR e.open <> CASE WHEN l.returned_at IS NULL THEN 1 ELSE 0 END"
    )
    broken += [f"loan {loan}: the ledger says {a}, its row {b}" for loan, a, b in rows]
    return _line("2", "opened - returned - written off = open loans, ledger against tables", broken)


def one_row_a_change() -> Checked:
    """3: each event is numbered or waits to be; an item's rows are one line without a gap, as long
    as the item says."""
    broken = []
    for event, numbered in sql.all(
        "SELECT e.id, s.seq FROM ledger_event e LEFT JOIN ledger_sequence s ON s.event = e.id "
        "LEFT JOIN ledger_pending p ON p.event = e.id "
        "WHERE (s.seq IS NULL AND p.event IS NULL) OR (s.seq IS NOT NULL AND p.event IS NOT NULL)"
    ):
        state = "numbered and waiting" if numbered else "neither numbered nor waiting"
        broken.append(f"event {event} is {state}")
    broken += [
        f"item {item} has {count} ledger rows numbered {first} to {last}"
        for item, count, first, last in sql.all(
            "SELECT item, COUNT(*), MIN(item_seq), MAX(item_seq) FROM ledger_event "
            "WHERE item_seq IS NOT NULL GROUP BY item "
            "HAVING MIN(item_seq) <> 1 OR MAX(item_seq) <> COUNT(*)"
        )
    ]
    broken += [
        f"item {item} says {said} ledger rows, the ledger has {last or 0}"
        for item, said, last in sql.all(
            "SELECT i.id, i.event_seq, e.last FROM stock_item i LEFT JOIN (SELECT item, "
            "MAX(item_seq) AS last FROM ledger_event WHERE item_seq IS NOT NULL GROUP BY item) e "
            "ON e.item = i.id WHERE i.event_seq <> COALESCE(e.last, 0)"
        )
    ]
    return _line("3", "every change of an item has exactly one ledger row", broken)


def chain_holds() -> Checked:
    """I16: the hash chain over the ledger follows from its rows."""
    bad = sequence.verify(sql)
    return _line(
        "I16",
        "the ledger's hash chain verifies from the beginning",
        [] if bad is None else [f"number {bad} does not follow"],
    )


def change_log_holds() -> Checked:
    """S11: the change log's chain follows from its rows, and no row stands beside it."""
    return _line("S11", "the change log's hash chain verifies from the beginning", changes.faults())


def lists_stand() -> Checked:
    """K1: books left the stock by lists that are as they were approved."""
    broken = [f"list {number} is not as it was approved" for number in stockcontrol.altered()]
    return _line("K1", "approved withdrawal lists are as their hash in the ledger says", broken)


def append_only() -> Checked:
    """I2: the database itself refuses to change the ledger."""
    broken = [f"trigger {name} is missing" for name in triggers.missing()]
    if sql.is_sqlite() and sql.one("PRAGMA recursive_triggers") != (1,):
        broken.append("recursive_triggers is off")
    return _line("I2", "the ledger is append-only by triggers in force", broken)


def counts_follow() -> Checked:
    """I4: daily and monthly counts are the fold of the ledger.

    Days that differ are looked at again, by themselves: the worker may have been at them."""
    days = _years()
    found: list[tuple[str, str]] = []
    for attempt in range(ATTEMPTS):
        daily.refresh()
        found = [pair for where in days for pair in _differing_days(where)]
        named = sorted({day for _, day in found})
        if not named or len(named) > FEW or attempt == ATTEMPTS - 1:
            break
        listed = "', '".join(named)
        days = [f"business_date IN ('{listed}')"]
    months: list[tuple[str, str]] = []
    wanted = "month > 0"
    for attempt in range(ATTEMPTS):
        daily.settle()
        months = _differing_months(wanted)
        if not months or attempt == ATTEMPTS - 1:
            break
        wanted = f"month IN ({', '.join(sorted({month for _, month in months}))})"
    broken = [f"{measure} of {when} differs" for measure, when in sorted({*found, *months})]
    return _line("I4", "daily counts are the fold of the ledger", broken)


def _years() -> list[str]:
    """A condition on business_date a year, so that memory stays within a year's cells."""
    spans = [
        sql.one(f"SELECT MIN(business_date), MAX(business_date) FROM {table}")
        for table in ("ledger_event", "statistics_dailycount")
    ]
    # An aggregate has no declared type, so SQLite gives a date's text.
    years = [int(str(day)[:4]) for span in spans if span for day in span if day]
    return [
        f"business_date BETWEEN '{year}-01-01' AND '{year}-12-31'"
        for year in range(min(years, default=0), max(years, default=-1) + 1)
    ]


def _differing_days(where: str) -> list[tuple[str, str]]:
    cells = f"SELECT {', '.join(fold.COLUMNS)} FROM statistics_dailycount WHERE {where}"
    borrowers = (
        "SELECT 'borrowers' AS measure, business_date, place, year_key "
        f"FROM statistics_borrowerday WHERE {where}"
    )
    folded = fold.borrowers_sql(f"e.{where}")
    return [
        *_differences(fold.cells_sql(f"e.{where}"), cells, fold.COLUMNS),
        *_differences(
            f"SELECT 'borrowers' AS measure, business_date, place, year_key FROM ({folded}) f",
            borrowers,
            ("measure", "business_date", "place", "year_key"),
        ),
    ]


def _differing_months(where: str) -> list[tuple[str, str]]:
    found = []
    for table, names, made in (
        ("statistics_monthcount", fold.MONTH_COLUMNS, fold.months_sql),
        ("statistics_monthclass", fold.CLASS_COLUMNS, fold.classes_sql),
    ):
        kept = f"SELECT {', '.join(names)} FROM {table} WHERE {where}"
        found += _differences(made("statistics_dailycount", where), kept, names)
    return found


def _differences(one: str, other: str, columns: Sequence[str]) -> list[tuple[str, str]]:
    """(first, second column) of the rows that only one of two relations has; in neither is a row
    twice, so a row of both is there twice in all."""
    names = ", ".join(columns)
    rows = sql.all(
        f"SELECT {names} FROM (SELECT * FROM ({one}) a UNION ALL SELECT * FROM ({other}) b) u "
        f"GROUP BY {names} HAVING COUNT(*) <> 2"
    )
    return [(row[0], str(row[1])) for row in rows]


def inside_adds_up() -> Checked:
    """7: how many are inside is in less out of the day's passes, never below 0; a door's hours add up
    to its day, and the ledger has of it what was posted. Gates go on counting meanwhile: what looks
    wrong is looked at again."""
    broken: list[str] = []
    for _ in range(ATTEMPTS):
        broken = _inside_broken()
        if not broken:
            break
    return _line("7", "people inside = in - out, never below 0", broken)


def _inside_broken() -> list[str]:
    broken = []
    for place, day, inside, surplus in sql.all(
        "SELECT place_id, day, inside, surplus FROM visits_presence"
    ):
        counted = passes.in_and_out(place, day)
        if inside < 0 or (inside, surplus) != counted:
            broken.append(f"place {place} has {inside} inside, its passes say {counted[0]}")
    broken += [
        f"door {door} on {day}: its hours add up to {hours} in, its day says {whole}"
        for door, day, whole, hours in sql.all(
            "SELECT d.door, d.day, d.ins, COALESCE(SUM(h.ins), 0) FROM visits_daycount d "
            "LEFT JOIN visits_hourcount h ON h.place_id = d.place_id AND h.door = d.door "
            "AND h.day = d.day GROUP BY d.id, d.door, d.day, d.ins, d.outs "
            "HAVING COALESCE(SUM(h.ins), 0) <> d.ins OR COALESCE(SUM(h.outs), 0) <> d.outs"
        )
    ]
    broken += [
        f"place {place} on {day}: the ledger has {have} people, {said} were posted"
        for place, day, said, have in sql.all(
            "SELECT d.place_id, d.day, SUM(d.posted), COALESCE((SELECT SUM(e.quantity) "
            "FROM ledger_event e WHERE e.type = 'visits.entered' AND e.place = d.place_id "
            "AND e.business_date = d.day AND e.data LIKE '%\"door\": %'), 0) "
            "FROM visits_daycount d GROUP BY d.place_id, d.day"
        )
        if said != have
    ]
    return broken


def editions_stand() -> Checked:
    """8: nothing of a published edition has changed, and the ledger up to its last row still gives
    its figures."""
    broken = []
    for edition in queries.editions():
        name = f"{edition.year} edition {edition.number} ({edition.scope})"
        if not edition.intact:
            broken.append(f"{name} was changed after publication")
            continue
        published = json.loads(edition.figures)
        with frozen(edition.year, edition.last_seq) as counts:
            try:
                again = figures(
                    edition.year, place=edition.place, scope=SCOPES[edition.scope], counts=counts
                )
            except NoData:
                broken.append(f"{name}: the ledger has no data of it")
                continue
        for code, figure in again.items():
            if code not in published or not find(code, edition.year).from_ledger:
                continue
            said = published[code]["value"]
            if said != figure.value:
                broken.append(f"{name}: {code} was {said}, the ledger gives {figure.value}")
    return _line("8", "a published figure never changes", broken)


def libraries_agree() -> Checked:
    """I14: every row of a library carries its id, the one its place belongs to."""
    broken = []
    for what, text in (
        (
            "item",
            (
                "SELECT i.id FROM stock_item i JOIN places_place p ON p.id = i.owner_id "
                "WHERE p.library <> i.library"
            ),
        ),
        (
            "loan",
            (
                # Not its item's: that may have gone to another library since.
                "SELECT l.id FROM circulation_loan l LEFT JOIN places_place p "
                "ON p.id = l.library WHERE p.id IS NULL OR p.library <> p.id"
            ),
        ),
        (
            "card",
            (
                "SELECT c.id FROM patrons_card c JOIN places_place p ON p.id = c.issued_place_id "
                "WHERE p.library <> c.library"
            ),
        ),
        (
            "event",
            (
                "SELECT e.id FROM ledger_event e LEFT JOIN places_place p ON p.id = e.library "
                "WHERE p.id IS NULL OR p.library <> p.id"
            ),
        ),
    ):
        broken += [f"{what} {row[0]} has another library's id" for row in sql.all(text)]
    return _line("I14", "every row carries the id of its library", broken)


def links_lead_to_readers() -> Checked:
    """I13: a reader link leads from an event that exists to a reader who does."""
    rows = sql.all(
        "SELECT r.event FROM ledger_reader r LEFT JOIN patrons_patron p ON p.id = r.patron "
        "LEFT JOIN ledger_event e ON e.id = r.event WHERE p.id IS NULL OR e.id IS NULL"
    )
    return _line(
        "I13",
        "reader links lead to readers and events that exist",
        [f"the link of event {row[0]} leads nowhere" for row in rows],
    )


def durable() -> Checked:
    """9, I19: what was acknowledged is on the disk."""
    broken = []
    if sql.is_sqlite():
        if sql.one("PRAGMA synchronous") != (2,):
            broken.append("SQLite does not run with synchronous=FULL")
        if sql.one("PRAGMA journal_mode") != ("wal",):
            broken.append("SQLite does not run in WAL mode")
    else:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            found = sql.one("SELECT setting FROM pg_settings WHERE name = ?", setting)
            if found is None or found[0] == "off":
                broken.append(f"PostgreSQL runs with {setting} off")
    return _line("9", "an acknowledged act is on the disk (synchronous=FULL)", broken)


def money_balances() -> Checked:
    """I8: double entry down to the drawer."""
    text = "money: postings sum to 0, deposits >= 0, drawers equal their postings, no float"
    return _line("I8", text, money.books_balance())


def fines_stand() -> Checked:
    """I9: fines are frozen and capped."""
    return _line(
        "I9", "an overdue charge is frozen, within its cap, made once", money.fines_stand()
    )


def closures_harm_nobody() -> Checked:
    """I10: nobody becomes overdue because the library was shut."""
    broken = closures.due_while_shut()
    return _line("I10", "no loan falls due while its place is shut by a closure", broken)


def shifts_recorded() -> Checked:
    """I2: each date of a loan or hold moved by a phase has its ledger row."""
    return _line("I2-due", "every date moved by a phase has its ledger row", closures.unrecorded())


def items_in_one_place() -> Checked:
    """I5: on loan, on the hold shelf and in transit agree with their rows and the ledger."""
    text = "an item is in one place: on loan, on a hold shelf, on its way or on its shelf"
    return _line("I5", text, waiting.items_in_one_place())


def queues_in_order() -> Checked:
    """I7: queues without ties."""
    text = "a queue of holds has no ties; one copy for one hold, one hold a title and reader"
    return _line("I7", text, waiting.queues_in_order())


def journals_whole() -> Checked:
    """H1: every line of a device that went on without a network is done or waits for somebody."""
    text = "every line of an offline journal is done, known, refused or waiting, without a gap"
    return _line("H1", text, journals.journals_whole())


def processing_balance() -> Checked:
    """A7: books of a batch labelled and shelved, ledger against tables."""
    broken = []
    for step, stages in (("label", ("labelled", "shelved")), ("shelve", ("shelved",))):
        taken = {
            row[0]: int(row[1])
            for row in sql.all(
                "SELECT batch_id, COUNT(*) FROM processing_line "
                f"WHERE stage IN ({sql.marks(len(stages))}) GROUP BY batch_id",
                *stages,
            )
        }
        told: dict[str, int] = {}
        for subject, quantity, data in sql.all(
            "SELECT subject, quantity, data FROM ledger_event WHERE type = 'processing.received'"
        ):
            if (json.loads(data) if isinstance(data, str) else data)["step"] == step:
                told[subject] = told.get(subject, 0) + int(quantity)
        broken += [
            f"batch {batch}, {step}: the ledger says {told.get(batch, 0)}, its books {taken.get(batch, 0)}"
            for batch in sorted(taken.keys() | told.keys())
            if taken.get(batch, 0) != told.get(batch, 0)
        ]
    text = "books labelled and shelved by batch, ledger against tables"
    return _line("A7", text, broken)


CHECKS: tuple[Callable[[], Checked], ...] = (
    one_open_loan,
    loans_balance,
    one_row_a_change,
    items_in_one_place,
    queues_in_order,
    journals_whole,
    inside_adds_up,
    editions_stand,
    durable,
    lists_stand,
    append_only,
    counts_follow,
    money_balances,
    fines_stand,
    property_balances,
    funds_balance,
    closures_harm_nobody,
    shifts_recorded,
    links_lead_to_readers,
    libraries_agree,
    chain_holds,
    change_log_holds,
    processing_balance,
)


def check() -> Iterator[Checked]:
    """Every invariant that statistics can prove, one after the other."""
    for prove in CHECKS:
        yield prove()
