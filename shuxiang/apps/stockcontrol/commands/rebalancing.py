"""调配: a plan becomes deliveries, which are packed, sent and received as any other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shuxiang.apps.exchange import commands as exchange
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, Refused, refuse, stop
from shuxiang.runtime.commands import command, require

ACTION = "stock.rebalance"
MOST = 300
"""Books one press moves: more than a van takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The deliveries that were begun, the books on them, and those that could not be listed."""

    deliveries: tuple[str, ...]
    books: int
    refused: tuple[tuple[str, Reason], ...]


@command("stockcontrol.apply_rebalancing", permission=ACTION)
def apply_rebalancing(*, moves: Sequence[tuple[str, str, str]], note: str, ctx: Context) -> Moved:
    """Put (item, from, to) on deliveries, one for each way. A book that was lent or moved meanwhile is
    left out and told. Raises Refused: not-permitted (at every place that gives), scan-empty,
    scans-too-many."""
    return list_moves(moves, note=note, ctx=ctx)


def list_moves(moves: Sequence[tuple[str, str, str]], *, note: str, ctx: Context) -> Moved:
    """Inside a command: what `apply_rebalancing` does."""
    if not moves:
        raise refuse(stop("scan-empty"))
    if len(moves) > MOST:
        raise refuse(stop("scans-too-many", most=MOST))
    ways: dict[tuple[str, str], list[str]] = {}
    for item, origin, destination in moves:
        ways.setdefault((origin, destination), []).append(item)
    made: list[str] = []
    left: list[tuple[str, Reason]] = []
    books = 0
    for (origin, destination), items in ways.items():
        require(ctx, "stock.move", origin)
        here = replace(ctx, service_point=origin)
        delivery = exchange.open_delivery(destination=destination, note=note, ctx=here)
        made.append(delivery)
        for item in items:
            try:
                exchange.pack(delivery=delivery, item=item, ctx=here)
            except Refused as refused:
                left.append((item, refused.decision.refusing[0]))
            else:
                books += 1
    return Moved(deliveries=tuple(made), books=books, refused=tuple(left))
