"""Rule rows cancelled before they are in force, ended after, and what the log keeps (D1, D2, X2)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from shuxiang.apps.circulation import commands, queries
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import changes
from shuxiang.runtime.changes import Asked


def refused(call: Any) -> tuple[str, ...]:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.decision.codes


def rule(library: Any, context: Any, valid_from: date) -> str:
    return commands.add_rule(
        place=library.main, valid_from=valid_from, loan_limit=9, loan_days=20, ctx=context
    )


def test_d2_a_row_to_come_is_cancelled_and_the_log_keeps_it(library: Any, ctx: Any) -> None:
    now = rule(library, ctx("director"), date(2020, 1, 1))
    later = rule(library, ctx("director"), date(2020, 6, 11))
    on = date(2020, 7, 1)
    decides = queries.explain(library.main, "adult", "book", on).rule
    assert decides is not None
    assert decides.id == later
    commands.cancel_rule(rule=later, ctx=ctx("director"))
    decides = queries.explain(library.main, "adult", "book", on).rule
    assert decides is not None
    assert decides.id == now
    assert queries.rule(later) is None
    last = changes.find(Asked(subject=later))[0]
    assert (last.kind, last.action, last.name) == ("loan-rule", "cancelled", "总馆|*|*")
    assert last.before["loan_days"] == 20
    assert last.before["valid_from"] == "2020-06-11"
    assert last.after == {}


@pytest.mark.parametrize("day", [date(2020, 6, 10), date(2020, 1, 1)])
def test_d2_a_row_in_force_is_ended_never_cancelled(
    library: Any, ctx: Any, unchanged: Any, day: date
) -> None:
    row = rule(library, ctx(), day)
    with unchanged():
        assert refused(lambda: commands.cancel_rule(rule=row, ctx=ctx("director"))) == (
            "rule-in-force",
        )
    commands.end_rule(rule=row, last_day=date(2020, 6, 30), ctx=ctx("director"))
    last = changes.find(Asked(subject=row))[0]
    assert (last.action, last.before, last.after) == (
        "ended",
        {"valid_to": None},
        {"valid_to": "2020-06-30"},
    )


def test_x1_a_row_of_another_place_is_nobody_else_s(library: Any, ctx: Any, unchanged: Any) -> None:
    from shuxiang.apps.staff import commands as staff

    staff.grant(account=library.staff["branch"], role="director", place=library.east, ctx=ctx())
    row = rule(library, ctx(), date(2020, 7, 1))
    with unchanged():
        assert refused(
            lambda: commands.cancel_rule(rule=row, ctx=ctx("branch", place=library.east))
        ) == ("not-permitted",)


def test_no_such_row(library: Any, ctx: Any) -> None:
    assert refused(lambda: commands.cancel_rule(rule=new_id(), ctx=ctx())) == ("rule-unknown",)
    assert queries.rule(new_id()) is None
