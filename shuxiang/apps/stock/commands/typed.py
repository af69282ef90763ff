"""Call numbers chosen by hand, and what follows from them for later books."""

from __future__ import annotations

from shuxiang.apps.catalog.commands import numbers
from shuxiang.apps.catalog.queries import Series
from shuxiang.apps.stock import queries, rules
from shuxiang.formats.clc import parse_call_number
from shuxiang.kernel.context import Context


def note_number(series: Series, class_number: str, book_number: str) -> None:
    """A running number was chosen by hand: later ones of the class come after it."""
    if book_number.isascii() and book_number.isdigit() and len(book_number) < 10:
        numbers.reach(
            series,
            class_number,
            int(book_number),
            highest=lambda: queries.highest_number(series, class_number),
        )


def call_number_typed(item: str, ctx: Context) -> None:
    """The call number of an item was edited: the title's next copy is offered the same (row A4)."""
    view = queries.item(item)
    if view is None:
        return
    parsed = parse_call_number(rules.split_collection(view.call_number)[1])
    if not parsed.book_number:
        return
    series = queries.series_at(view.owner, view.category, view.location)
    note_number(series, parsed.class_number, parsed.book_number)
    numbers.assign(
        view.title,
        series,
        class_number=parsed.class_number,
        book_number=parsed.book_number,
        ctx=ctx,
    )
