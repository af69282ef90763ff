"""A small year 2020 with visits, loans and a contradiction or without one, seen from March 2021."""

from __future__ import annotations

from datetime import date

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.staff import commands as staff
from shuxiang.kernel.ids import new_id
from shuxiang.statistics import commands as statistics
from shuxiang.statistics import daily
from tests.support.library import PASSWORD, Contexts, Library, moment
from tests.support.stocked import Stocked, build

LATER = moment("2021-03-02", "10:00")


def play(library: Library) -> Stocked:
    """Two loans, one of them renewed and returned, 120 visits in June, one in-house use; counted."""
    stocked = build(library)
    ctx = Contexts(library)
    lent, back = moment("2020-06-10"), moment("2020-06-20")
    for barcode in ("B001", "B002"):
        circulation.check_out(
            item_barcode=barcode,
            card=stocked.cards["adult"],
            ctx=ctx("desk", at=lent, key=new_id()),
        )
    circulation.check_in(item_barcode="B001", ctx=ctx("desk", at=back, key=new_id()))
    circulation.use_in_house(item_barcode="B003", ctx=ctx("desk", at=back, key=new_id()))
    statistics.enter_visits(
        place=library.main, day=date(2020, 6, 1), number=120, source="manual", whole_month=True,
        evidence="登记本 3 页", ctx=ctx("desk", at=moment("2020-07-01"), key=new_id()),
    )  # fmt: skip
    for role in ("director", "desk", "branch", "cataloguer", "admin"):
        # Older than 90 days they would have to be changed first.
        staff.set_password(
            account=library.staff[role],
            password_hash=staff.hashed(PASSWORD, username=role),
            ctx=ctx(role, at=LATER),
        )
    daily.refresh()
    return stocked
