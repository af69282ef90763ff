"""A year's secret is cached, yet never outlives its row."""

from __future__ import annotations

from typing import Any

import pytest

from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Refused, refuse, stop
from shuxiang.ledger.models import Event, YearKey
from shuxiang.runtime.commands import command, record
from tests.support.library import Contexts, Library, moment

pytestmark = pytest.mark.db


@command("test.note_reader")
def note_reader(*, patron: str, then_refuse: bool = False, ctx: Context) -> str:
    event = record("test.noted", ctx=ctx, library=ctx.service_point, patron=patron)
    if then_refuse:
        raise refuse(stop("nothing-to-undo"))
    return event


def test_a_secret_made_in_an_undone_command_is_forgotten(
    library: Library, ctx: Contexts, unchanged: Any
) -> None:
    # A year that no other test has a reader in: the tables are emptied between tests, caches stay.
    at = moment("1988-06-10")
    with unchanged(), pytest.raises(Refused):
        note_reader(patron="1" * 32, then_refuse=True, ctx=ctx(at=at))
    first = note_reader(patron="1" * 32, ctx=ctx(at=at))
    second = note_reader(patron="1" * 32, ctx=ctx(at=at))
    assert YearKey.objects.count() == 1
    keys = set(Event.objects.filter(id__in=[first, second]).values_list("visit_key", "year_key"))
    assert len(keys) == 1
    assert all(len(k) == 32 for k in keys.pop())
