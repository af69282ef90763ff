"""B5, B6 in the office: the register, a site's page, stickers, the spreadsheet."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shuxiang.apps.drift import queries
from shuxiang.apps.places import queries as places
from shuxiang.kernel import clock
from tests.apps.drift.conftest import Drifting
from tests.apps.drift.conftest import drifting as drifting
from tests.interfaces.office.conftest import Office, text_of
from tests.support.library import Contexts, moment

pytestmark = pytest.mark.db


@pytest.fixture
def office(drifting: Drifting, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setattr(clock, "now", lambda: moment("2020-06-10", "10:00"))
    return Office(drifting.stocked.library.staff["director"])


def test_b6_entered_changed_and_taken_along(
    office: Office, drifting: Drifting, unchanged: Any
) -> None:
    assert "漂流书屋 漂流小书屋 2020-05-20 陈阿姨 13900000000 生效中 2021-04-30" in office.get(
        "/office/reading-sites/"
    )
    assert "漂流书屋 漂流小书屋" not in office.get("/office/reading-sites/?kind=reading_base")
    east = {
        "place": places.place(drifting.stocked.library.east).code,
        "kind": "reading_base",
        "plaque_on": "2020-06-18",
    }
    with unchanged():
        wrong = office.post("/office/reading-sites/add/", **east)
        assert wrong.status_code == 422
        assert "挂牌日期在将来：2020年6月18日" in text_of(wrong)
    done = office.post("/office/reading-sites/add/", **east | {"plaque_on": "2020-06-08"})
    assert done.status_code == 302
    assert "2020-06-08" in office.get(done["Location"])
    edit = f"/office/reading-sites/{drifting.house}/edit/"
    assert 'value="陈阿姨"' in office.http.get(edit).content.decode()
    office.post(
        edit,
        place=places.place(drifting.stocked.library.point).code,
        kind="bookhouse",
        plaque_on="2020-05-20",
        keeper="林叔",
        phone="1",
    )
    site = queries.site(drifting.house)
    assert site is not None
    assert (site.keeper, site.agreement_file) == ("林叔", "")
    answer = office.http.get("/office/reading-sites/?form=xlsx")
    from openpyxl import load_workbook

    rows = list(load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))
    assert any(row[0] == "漂流书屋" and row[1] == "漂流小书屋" for row in rows)


def test_b5_books_stickers_and_the_keepers_address(office: Office, drifting: Drifting) -> None:
    page = f"/office/reading-sites/{drifting.house}/"
    said = office.get(page)
    assert "小王子 圣埃克苏佩里" in said
    assert "其中已回漂 –" in said
    office.http.post(f"/drift/{drifting.codes[0]}/", {"kind": "took", "request_key": "tap-1"})
    # Nobody borrowed it: it drifts.
    assert "小王子 圣埃克苏佩里 在漂流" in office.get(page)
    office.post(page, titles="呼兰河传|萧红\n\n围城", barcodes="")
    assert len(queries.books_of(drifting.house)) == 5
    pdf = office.http.get(page + "stickers.pdf")
    assert pdf["Content-Type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF")
    made = text_of(office.post(page + "link/"))
    assert "http://testserver/keeper/" in made
    ((link, _),) = queries.links(drifting.house)
    office.post(page + "end-link/", link=link)
    assert queries.links(drifting.house) == ()
    office.post(page + "remove/", code=drifting.codes[0], why="破损")
    assert "小王子" not in office.get(page)


def test_b6_the_list_asks_no_more_for_more_sites(
    office: Office, drifting: Drifting, ctx: Contexts, scene: Callable[..., Any]
) -> None:
    from shuxiang.apps.drift import commands

    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            office.get("/office/reading-sites/")
        return len(captured)

    asked()
    few = asked()
    for place in (drifting.stocked.library.east, drifting.stocked.library.main):
        commands.register(
            place=place, kind="service_point", ctx=ctx("director", at=moment("2020-06-09"))
        )
    asked()
    assert asked() == few
