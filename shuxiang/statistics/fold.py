"""The ledger folded into daily cells: the one definition of what a day's counts are.

Only numbered events count, so that a figure can name the sequence it was counted up to. Text is the
same for SQLite and PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Sequence

BORROWING_VISITS = "borrowing.visits"
"""Measure made from loan.opened: distinct (reader, place, day) with a loan that was not taken back."""

KEYLESS_LOANS = "loan.keyless"
"""Measure made from loan.opened: loans without a reader's key, which no distinct count can see."""

GAINED, LOST = "item.gained", "item.lost"
"""Measures made from item.moved where the owner changed: at the new owner and at the one before,
whom the item's ledger row before that one names."""

COUNTED = (
    "card.closed",
    "card.issued",
    "card.renewed",
    "card.replaced",
    "drift.returned",
    "drift.taken",
    "item.accessioned",
    "item.moved",
    "item.unaccessioned",
    "item.used",
    "delivery.received",
    "interloan.received",
    "item.withdrawn",
    "loan.closed",
    "loan.opened",
    "loan.renewed",
    "loan.written_off",
    "partner.returned",
    "serial.bound",
    "site.plaqued",
    "site.unplaqued",
    "subscription.begun",
    "visits.entered",
)
"""Event types that daily counts are kept of."""

MEASURES = (*COUNTED, BORROWING_VISITS, KEYLESS_LOANS, GAINED, LOST)
"""Every measure of the daily counts; naming them all leads a question about a day to the index."""

OWNED = ("item.accessioned", "item.unaccessioned", "item.withdrawn", GAINED, LOST)
"""Measures that belong to the item's owner, wherever the act happened."""

BY_CLASS = ("loan.opened", "item.used", *OWNED)
"""Measures that are also kept by main class."""

TIMES = 5
"""How often `cells_sql` holds its condition."""

COLUMNS = (
    "measure",
    "business_date",
    "place",
    "clc",
    "item_category",
    "reader_category",
    "owner_place",
    "source",
    "channel",
    "month",
    "count",
    "from_seq",
    "to_seq",
)

MONTH_COLUMNS = (
    "measure",
    "month",
    "place",
    "source",
    "reader_category",
    "count",
    "from_seq",
    "to_seq",
)
CLASS_COLUMNS = ("measure", "month", "place", "clc", "source", "count", "from_seq", "to_seq")

_MONTH = (
    "CAST(SUBSTR(CAST(e.business_date AS TEXT), 1, 4) AS INTEGER) * 100 "
    "+ CAST(SUBSTR(CAST(e.business_date AS TEXT), 6, 2) AS INTEGER)"
)
# A uuid column is text with hyphens once cast on PostgreSQL, plain hex on SQLite.
_OWNER = "COALESCE(REPLACE(CAST({}.owner_place AS TEXT), '-', ''), '')"
_OWNER_NOW, _OWNER_BEFORE = _OWNER.format("e"), _OWNER.format("b")
# An undone import takes away what it added, whichever sign its reversing rows carry.
_QUANTITY = "CASE WHEN e.type = 'item.unaccessioned' THEN ABS(e.quantity) ELSE e.quantity END"
_NUMBERED = "FROM ledger_event e JOIN ledger_sequence s ON s.event = e.id "


def cells_sql(where: str) -> str:
    """SELECT of every cell (columns as `COLUMNS`) of the events ``e`` numbered ``s`` that ``where``
    names; the placeholders in it are to be filled `TIMES` times."""
    return (
        f"SELECT e.type AS measure, e.business_date, e.place, e.clc, e.item_category, "
        f"e.reader_category, {_OWNER_NOW} AS owner_place, e.source, e.channel, {_MONTH} AS month, "
        f"SUM({_QUANTITY}) AS count, MIN(s.seq) AS from_seq, MAX(s.seq) AS to_seq {_NUMBERED}"
        f"WHERE {where} AND e.type IN ({_quoted(COUNTED)}) "
        "GROUP BY e.type, e.business_date, e.place, e.clc, e.item_category, e.reader_category, "
        f"{_OWNER_NOW}, e.source, e.channel "
        "UNION ALL "
        f"SELECT '{BORROWING_VISITS}', e.business_date, e.place, '', '', '', '', '', '', e.month, "
        "COUNT(*), MIN(e.from_seq), MAX(e.to_seq) FROM ("
        "SELECT e.business_date, e.place, e.visit_key, "
        f"{_MONTH} AS month, MIN(s.seq) AS from_seq, MAX(s.seq) AS to_seq {_NUMBERED}"
        f"WHERE {where} AND e.type = 'loan.opened' AND e.visit_key <> '' "
        "AND e.source <> 'group' GROUP BY e.business_date, e.place, e.visit_key HAVING SUM(e.quantity) > 0) e "
        "GROUP BY e.business_date, e.place, e.month "
        "UNION ALL "
        f"SELECT '{KEYLESS_LOANS}', e.business_date, e.place, '', '', '', '', '', '', {_MONTH}, "
        f"SUM(e.quantity), MIN(s.seq), MAX(s.seq) {_NUMBERED}"
        f"WHERE {where} AND e.type = 'loan.opened' AND e.visit_key = '' "
        "GROUP BY e.business_date, e.place, "
        f"{_MONTH} UNION ALL {_transfers(GAINED, _OWNER_NOW, where)} "
        f"UNION ALL {_transfers(LOST, _OWNER_BEFORE, where)}"
    )


def _transfers(measure: str, owner: str, where: str) -> str:
    return (
        f"SELECT '{measure}', e.business_date, e.place, e.clc, e.item_category, '', {owner}, '', "
        f"'', {_MONTH}, SUM(e.quantity), MIN(s.seq), MAX(s.seq) {_NUMBERED}"
        "JOIN ledger_event b ON b.item = e.item AND b.item_seq = e.item_seq - 1 "
        f"WHERE {where} AND e.type = 'item.moved' AND b.owner_place <> e.owner_place "
        f"GROUP BY e.business_date, e.place, e.clc, e.item_category, {owner}"
    )


def borrowers_sql(where: str) -> str:
    """SELECT of every (business_date, place, year_key) with a loan that was not taken back."""
    return (
        f"SELECT e.business_date, e.place, e.year_key {_NUMBERED}"
        f"WHERE {where} AND e.type = 'loan.opened' AND e.year_key <> '' "
        "GROUP BY e.business_date, e.place, e.year_key HAVING SUM(e.quantity) > 0"
    )


# Which place a measure belongs to, as 32 hex digits: the owner of an item, where it is known.
_AT = (
    "CASE WHEN measure IN ({owned}) AND owner_place <> '' THEN owner_place "
    "ELSE REPLACE(CAST(place AS TEXT), '-', '') END"
)


def months_sql(cells: str, where: str) -> str:
    """SELECT of the months (columns as `MONTH_COLUMNS`) of a relation of cells."""
    at = _AT.format(owned=_quoted(OWNED))
    return (
        f"SELECT measure, month, {at} AS place, source, reader_category, SUM(count) AS count, "
        f"MIN(from_seq) AS from_seq, MAX(to_seq) AS to_seq FROM {cells} WHERE {where} "
        f"GROUP BY measure, month, {at}, source, reader_category"
    )


def classes_sql(cells: str, where: str) -> str:
    """SELECT of the months by main class (columns as `CLASS_COLUMNS`) of a relation of cells."""
    at = _AT.format(owned=_quoted(OWNED))
    return (
        f"SELECT measure, month, {at} AS place, clc, source, SUM(count) AS count, "
        f"MIN(from_seq) AS from_seq, MAX(to_seq) AS to_seq FROM {cells} "
        f"WHERE {where} AND measure IN ({_quoted(BY_CLASS)}) "
        f"GROUP BY measure, month, {at}, clc, source"
    )


def _quoted(words: Sequence[str]) -> str:
    return ", ".join(f"'{w}'" for w in words)
