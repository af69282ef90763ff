"""A guardian or proxy at the desk, and age-marked books (row C3)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from shuxiang.apps.catalog import commands as catalog
from shuxiang.apps.circulation import queries as loans
from shuxiang.apps.circulation.models import Loan
from shuxiang.apps.patrons import queries as patrons
from tests.support.library import Contexts

pytestmark = pytest.mark.db
TODAY = date(2020, 6, 10)


def test_c3_a_mother_borrows_for_her_child(desk: Any) -> None:
    cards, people = desk.stocked.cards, desk.stocked.patrons
    answer = desk.serve("other")
    assert "王小宝" in answer["reader_html"]
    assert f'data-mode="for" data-scan="{cards["child"]}"' in answer["reader_html"]
    answer = desk.scan(cards["child"], mode="for")
    assert "代该读者借书" in answer["reader_html"]
    assert desk.scan("B001")["kind"] == "ok"
    (loan,) = loans.open_loans(people["child"])
    assert Loan.objects.get(id=loan.id).by_id == people["other"]
    # Back to her own card: her own loan.
    desk.scan(cards["other"])
    desk.scan("B002")
    (own,) = loans.open_loans(people["other"])
    assert Loan.objects.get(id=own.id).by_id is None


def test_c3_nobody_borrows_for_a_stranger(desk: Any) -> None:
    desk.serve("adult")
    answer = desk.scan(desk.stocked.cards["child"], mode="for")
    assert answer["kind"] == "refused"
    assert "没有同意此人" in answer["say"]
    desk.state = ""
    assert desk.scan(desk.stocked.cards["child"], mode="for")["kind"] == "refused"


def test_c3_a_consent_is_recorded_and_taken_back_at_the_desk(desk: Any) -> None:
    people = desk.stocked.patrons
    path = f"/desk/readers/{people['adult']}/"
    wrong = desk.post(f"{path}do/proxy/", proxy_card="99", proxy_until="")
    assert wrong.status_code == 422
    desk.post(f"{path}do/proxy/", proxy_card=desk.stocked.cards["other"], proxy_until="2020-12-31")
    assert "可代该读者办理" in desk.get(path)
    (made,) = patrons.proxies(people["adult"], TODAY)
    desk.post(f"{path}do/end-proxy/", purpose=made.id)
    assert patrons.proxies(people["adult"], TODAY) == ()


def test_c3_an_age_marked_book_asks_the_clerk_who_may(desk: Any, ctx: Contexts) -> None:
    catalog.mark_age(title=desk.stocked.titles[0], least_age=16, ctx=ctx())
    desk.serve("child")
    answer = desk.scan("B001")
    assert answer["kind"] == "ask"
    assert "本书限 16 周岁以上读者外借" in answer["prompt_html"]
    done = desk.scan("B001", ask="override", codes="age-marked", why="老师在场")
    assert done["kind"] == "ok"


def test_c3_a_branch_clerk_can_not(at_desk: Any, ctx: Contexts) -> None:
    branch = at_desk("branch")
    catalog.mark_age(title=branch.stocked.titles[0], least_age=16, ctx=ctx())
    branch.serve("child")
    assert branch.scan("B001")["kind"] == "refused"
