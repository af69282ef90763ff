"""期刊报纸 in the office, without script (row J1), and what the portal shows of them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.places import commands as places
from shuxiang.apps.serials import queries
from tests.documents import pdf
from tests.interfaces.office.conftest import Office, text_of
from tests.support import yearly
from tests.support.library import Contexts
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db

READER = {
    "issn": "读者", "kind": "periodical", "frequency": "monthly", "first_day": "2021-01-05",
    "last_day": "2021-12-31", "days": "", "number": "1", "volume": "0", "total": "0", "yearly": "on",
    "combined": "7-8", "shares": "总馆 1 east 1", "price_fen": "108", "category": "book",
    "lendable": "on", "grace_days": "7",
}  # fmt: skip


def test_j1_checked_in_by_one_key_claimed_and_bound(
    office: Callable[[str], Office], played: Stocked
) -> None:
    at = Contexts(played.library)
    for key, value in (("items.barcode_prefix", "Q"), ("items.barcode_digits", 4)):
        places.set_setting(place=played.library.main, key=key, value=value, ctx=at(at=yearly.LATER))
    buyer = office("acquisitions")
    for wrong, said in (
        ({"last_day": "2020-12-31"}, "订期的止在起之后"),
        ({"combined": "11-13"}, "请核对出版日、期号和合刊月份"),
        ({"shares": "东门 1"}, "看不懂：东门 1"),
    ):
        answer = buyer.post("/office/serials/", **(READER | wrong))
        assert answer.status_code == 422
        assert said in text_of(answer)
    made = buyer.post("/office/serials/", **READER)
    path = str(made["Location"])
    (one,) = queries.subscriptions([played.library.main], 2021)
    page = buyer.get(path)
    assert "下一期：2021 年第 1 期" in page
    assert "2021 / 7-8" in page
    # The first two by Enter alone.
    for number in ("2", "3"):
        form = re.search(r'name="issue" value="(\w+)"', buyer.http.get(path).content.decode())
        assert form
        buyer.post(f"{path}do/arrive/", issue=form[1])
        assert f"下一期：2021 年第 {number} 期" in buyer.get(path)
    assert "Q0001" in buyer.get(path)
    # On 2 March the one of 5 March is not late yet: nothing to claim but what is skipped by hand.
    assert "缺期" not in buyer.get("/office/serials/")
    copies = [c.id for c in queries.copies(one.id) if c.place == played.library.main]
    buyer.post(f"{path}do/bind/", copy=copies, barcode="H001", call_number="Z62/1")
    page = buyer.get(path)
    assert "2021年第1-2期合订本" in page
    portal = text_of(buyer.http.get(f"/title/{one.title}/"))  # type: ignore[arg-type]
    assert "总馆 · 2021 ：1-2" in portal
    volume = queries.volumes(one.id)[0].id
    buyer.post(f"{path}do/unbind/", volume=volume)
    assert "已拆回散期" in buyer.get(path)


def test_j1_a_new_title_gets_its_name_and_its_issn(
    office: Callable[[str], Office], played: Stocked
) -> None:
    buyer = office("acquisitions")
    alone = buyer.post("/office/serials/", **(READER | {"issn": "1005-1805"}))
    assert alone.status_code == 422
    assert "书目库里没有这个 ISSN" in text_of(alone)
    for typed in ("读者 ISSN 1005-1805", "10051805", "读者"):
        assert buyer.post("/office/serials/", **(READER | {"issn": typed})).status_code == 302
    found = queries.subscriptions([played.library.main], 2021)
    assert {s.title_text for s in found} == {"读者"}
    assert len({s.title for s in found}) == 1
    assert [t.id for t in catalog.by_identifier("1005-1805", "issn")] == [found[0].title]


def test_j1_late_issues_are_claimed_by_letter(
    office: Callable[[str], Office], played: Stocked
) -> None:
    buyer = office("acquisitions")
    buyer.post("/office/serials/", **(READER | {"lendable": ""}))
    page = buyer.http.get("/office/serials/").content.decode()
    late = re.findall(r'name="issue" value="(\w+)"', page)
    assert len(late) == 2  # of 5 January and 5 February
    none = buyer.post("/office/serials/claim/")
    assert none["Location"] == "/office/serials/"
    assert "请选择要催的期" in buyer.get("/office/serials/")
    done = buyer.post("/office/serials/claim/", issue=late)
    text = pdf.text(buyer.http.get(done["Location"]).content)
    for expected in ("报刊催缺单", "读者", "2021年第1期", "2021-01-05", "共2期"):
        assert expected in text
    assert done["Location"].split("/")[-2] in buyer.get("/office/serials/")
    (one,) = queries.subscriptions([played.library.main], 2021)
    path = f"/office/serials/{one.id}/"
    claim = queries.claims(subscription=one.id)[0].id
    buyer.post(f"{path}do/answer/", claim=claim, why="下周补寄")
    assert "下周补寄" in buyer.get(path)
    buyer.post(f"{path}do/supplement/", number="增刊1", day="x")
    assert len(queries.issues(one.id)) == 11
    buyer.post(f"{path}do/supplement/", number="增刊1", day="2021-05-20")
    buyer.post(f"{path}do/end/", why="停刊")
    assert "订阅已结束" in buyer.get(path)
