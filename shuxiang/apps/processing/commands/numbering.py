"""索书号 for the books of a batch that were entered without one, many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shuxiang.apps.catalog import queries as titles
from shuxiang.apps.processing import models, queries
from shuxiang.apps.processing.commands.batches import ENTER
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.books import NEW, REUSE, Shelving
from shuxiang.apps.stock.commands.numbering import number_item
from shuxiang.formats.clc import main_class
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.runtime.commands import command, require

AT_ONCE = 20
"""Books a command numbers: it must not hold the others up."""
LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class Numbered:
    """Books that got a number; those whose class is missing or is none; those of a work that has a
    number already, left to be decided."""

    given: int = 0
    unclassed: int = 0
    undecided: int = 0

    def __add__(self, other: Numbered) -> Numbered:
        return Numbered(
            self.given + other.given,
            self.unclassed + other.unclassed,
            self.undecided + other.undecided,
        )


@command("processing.number_books", permission=ENTER)
def number_books(
    *, batch: str, items: Sequence[str], same_work: str = LEAVE, ctx: Context
) -> Numbered:
    """Give call numbers to books of a batch that have none (row A6): the number of the title where it
    has one, else the next of its class.

    Args:
        items: at most `AT_ONCE` of the batch; those of others and those with a number are passed
            over.
        same_work: for a book of which another edition or volume has a number: ``reuse`` that one,
            take a ``new`` one (the answer to number-of-work, `add_book`), or ``leave`` it for a
            person to decide.

    Raises Refused: not-permitted (at the batch's place too), batch-unknown, number-of-work.
    """
    row = models.Batch.objects.filter(id=queries.asked_for(batch)).first()
    if row is None:
        raise refuse(stop("batch-unknown"))
    require(ctx, ENTER, row.place_id)
    wanted = set(items[:AT_ONCE])
    done = Numbered()
    for line in queries.lines(row.id):
        if line.item in wanted and not line.call_number:
            done += _number(line.item, same_work, ctx)
    return done


def _number(item: str, same_work: str, ctx: Context) -> Numbered:
    view = stock.item(item)
    title = titles.title(view.title) if view else None
    if view is None or title is None or view.status == "withdrawn":
        return Numbered()
    series = stock.series_at(view.owner, view.category, view.location)
    known = next(iter(stock.proposals(series, title=title.id)), None)
    if known is not None and (known.same or same_work == REUSE):
        shelving = Shelving(how=REUSE, reuse_of=known.title)
    elif not main_class(title.clc):
        return Numbered(unclassed=1)
    elif known is not None and same_work != NEW:
        return Numbered(undecided=1)
    else:
        shelving = Shelving(how=NEW)
    return Numbered(given=bool(number_item(item=item, shelving=shelving, ctx=ctx)))
