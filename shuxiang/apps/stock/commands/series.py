"""种次号 of a class begun anew."""

from __future__ import annotations

from shuxiang.apps.catalog.commands import numbers
from shuxiang.apps.stock import queries
from shuxiang.formats.clc import main_class, normalise_class
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.runtime.changes import changed
from shuxiang.runtime.commands import command, require

KIND = "number-series"
"""What the change log calls a series."""
MOST = 999_999


@command("stock.restart_numbers", permission="stock.edit")
def restart_numbers(
    *,
    place: str,
    category: str,
    location: str | None,
    class_number: str,
    first: int,
    ctx: Context,
) -> None:
    """The next number of a class, in the series of a place, category and location, is ``first``.

    Raises Refused: not-permitted (at the place too), class-unknown, number-range,
    number-below-highest.
    """
    require(ctx, "stock.edit", place)
    number = normalise_class(class_number)
    if not main_class(number):
        raise refuse(stop("class-unknown", number=class_number[:60]))
    if not 1 <= first <= MOST:
        raise refuse(stop("number-range", most=MOST))
    series = queries.series_at(place, category, location)
    now = queries.class_numbers(series, number, listed=1)
    highest = queries.highest_number(series, number)
    if first <= highest:
        raise refuse(stop("number-below-highest", highest=highest))
    numbers.restart(series, number, first, highest=lambda: queries.highest_number(series, number))
    changed(ctx, KIND, f"{series.scope}/{number}", number, {"next": now.next}, {"next": first})
