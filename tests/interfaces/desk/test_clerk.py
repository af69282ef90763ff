"""Change of clerk, the idle lock, one's own PIN."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from shuxiang.apps.places import commands as places
from shuxiang.apps.staff import commands as staff
from shuxiang.apps.staff import queries
from shuxiang.interfaces.desk.lock import LOCKED_KEY, SEEN_KEY
from shuxiang.interfaces.desk.reader import held
from shuxiang.ledger.models import Event
from tests.interfaces.desk.conftest import Clock, Desk, text_of
from tests.support.library import PASSWORD, Contexts, moment
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db
SCRIPT = {"X-Requested-With": "scanbox", "Accept": "application/json"}


@pytest.fixture
def desk(desk: Desk, stocked: Stocked, ctx: Contexts, time: Clock) -> Desk:
    """The desk of 流通馆员, who has the PIN 2580; the director's is 9041. Passwords are fresh."""
    for who, pin in (("desk", "2580"), ("director", "9041")):
        staff.set_password(
            account=stocked.library.staff[who],
            password_hash=staff.hashed(PASSWORD, username=who),
            ctx=ctx(who, at=time.now),
        )
        staff.set_desk_pin(pin_hash=staff.pin_hash(pin), ctx=ctx(who, at=time.now))
    return Desk(stocked, "desk")


def seen_now(desk: Desk, time: Clock) -> None:
    session = desk.http.session
    session[SEEN_KEY] = int(time.now.timestamp())
    session.save()


def take(desk: Desk, who: str, secret: str) -> dict[str, Any]:
    answer = desk.http.post(
        "/desk/clerk/",
        {"account": desk.stocked.library.staff[who], "secret": secret},
        headers=SCRIPT,
    )
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_another_clerk_takes_over_and_the_reader_stays(desk: Desk, stocked: Stocked) -> None:
    desk.http.post("/staff/place/", {"place": "west"})
    desk.serve()
    desk.scan("B001")
    state = desk.state
    answer = take(desk, "director", "9041")
    director = stocked.library.staff["director"]
    assert (answer["kind"], answer["name"]) == ("ok", "馆长")
    assert answer["store"] == f"shuxiang.desk.{director}"
    assert len(answer["csrf"]) == 64
    # The same screen goes on: the reader's token is the desk's, not the clerk's.
    assert desk.scan("B002")["kind"] == "ok"
    assert held(desk.state) == held(state)
    first, second = Event.objects.filter(type="loan.opened").order_by("id")
    assert (first.actor, second.actor) == (stocked.library.staff["desk"], director)
    assert (first.place, second.place) == (stocked.library.west, stocked.library.west)


def test_what_the_one_before_did_is_not_undone_by_the_next(desk: Desk) -> None:
    desk.serve()
    desk.scan("B001")
    done = desk.key
    take(desk, "director", "9041")
    assert desk.scan(command="undo", undoes=done)["kind"] == "refused"


@pytest.mark.parametrize(
    ("who", "secret", "said"),
    [
        ("director", "2580", "馆员与交接码（或密码）不符。"),
        ("director", "wrong!", "用户名或密码不正确。"),
        ("cataloguer", PASSWORD, "馆员与交接码（或密码）不符。"),
        ("cataloguer", "2580", "馆员与交接码（或密码）不符。"),
    ],
)
def test_nobody_else_takes_over(
    desk: Desk, stocked: Stocked, who: str, secret: str, said: str
) -> None:
    answer = take(desk, who, secret)
    assert (answer["kind"], answer["say"]) == ("refused", said)
    assert desk.http.session["_auth_user_id"] == stocked.library.staff["desk"]


def test_a_password_does_as_well(desk: Desk, stocked: Stocked) -> None:
    assert take(desk, "director", PASSWORD)["kind"] == "ok"
    assert desk.http.session["_auth_user_id"] == stocked.library.staff["director"]


def test_without_script_a_page_does_the_same(desk: Desk, stocked: Stocked) -> None:
    page = text_of(desk.get("/desk/clerk/?next=/desk/readers/"))
    assert "换班 总馆 馆员 流通馆员 · desk 馆长 · director 交接码或密码" in page
    wrong = desk.http.post(
        "/desk/clerk/", {"account": stocked.library.staff["director"], "secret": "1111"}
    )
    assert wrong.status_code == 422
    assert "馆员与交接码（或密码）不符。" in text_of(wrong.content.decode())
    done = desk.http.post(
        "/desk/clerk/",
        {
            "account": stocked.library.staff["director"],
            "secret": "9041",
            "next": "/desk/readers/",
        },
    )
    assert done["Location"] == "/desk/readers/"
    # The command barcode leads there too.
    scanned = desk.http.post("/desk/scan/", {"scan": "*CLERK*", "mode": "checkout"})
    assert scanned["Location"] == "/desk/clerk/"


def test_after_a_quarter_of_an_hour_the_desk_is_locked(desk: Desk, time: Clock) -> None:
    desk.serve()
    seen_now(desk, time)
    time.pass_(minutes=14, seconds=59)
    assert desk.scan("B001")["kind"] == "ok"
    time.pass_(minutes=15, seconds=1)
    answer = desk.http.post("/desk/scan/", {"scan": "B002", "mode": "checkout"}, headers=SCRIPT)
    assert (answer.status_code, answer.json()) == (423, {"kind": "locked"})
    for path in ("/desk/", "/desk/readers/", "/office/", "/staff/place/"):
        shown = desk.http.get(path)
        assert shown.status_code == 302
        assert shown["Location"].startswith("/desk/clerk/?next=")
        assert "李" not in desk.http.get(shown["Location"]).content.decode()
    assert Event.objects.filter(type="loan.opened").count() == 1
    assert take(desk, "desk", "2580")["kind"] == "ok"
    # Unlocked, the scan that waited goes through, with the reader that was at the desk.
    assert desk.scan("B002")["kind"] == "ok"


def test_work_keeps_the_desk_open(desk: Desk, time: Clock) -> None:
    seen_now(desk, time)
    for _ in range(6):
        time.pass_(minutes=10)
        assert desk.http.get("/desk/").status_code == 200


def test_the_page_locks_and_password_or_colleague_unlock(desk: Desk) -> None:
    assert desk.http.post("/desk/lock/", headers=SCRIPT).json() == {"kind": "locked"}
    assert desk.http.session[LOCKED_KEY]
    assert desk.http.get("/desk/")["Location"] == "/desk/clerk/?next=%2Fdesk%2F"
    fragment = desk.http.post("/desk/register/document/", headers={"HX-Request": "true"})
    assert fragment["HX-Redirect"] == "/desk/clerk/?next=%2Fdesk%2F"
    assert "服务台已锁定" in text_of(desk.get("/desk/clerk/"))
    assert take(desk, "desk", "wrong")["kind"] == "refused"
    assert desk.http.get("/desk/").status_code == 302
    assert take(desk, "desk", PASSWORD)["kind"] == "ok"
    assert desk.http.get("/desk/").status_code == 200
    desk.http.post("/desk/lock/")
    assert take(desk, "director", "9041")["kind"] == "ok"
    assert desk.http.get("/desk/").status_code == 200


def test_how_long_is_a_setting_and_0_is_never(
    desk: Desk, stocked: Stocked, time: Clock, ctx: Contexts
) -> None:
    places.set_setting(
        place=stocked.library.main, key="desk.idle_minutes", value=0, ctx=ctx(at=time.now)
    )
    seen_now(desk, time)
    time.pass_(hours=3)
    assert desk.http.get("/desk/").status_code == 200


def test_setting_ones_own_pin_needs_the_password(desk: Desk, stocked: Stocked) -> None:
    desk = Desk(stocked, "director")
    values = {"password": PASSWORD, "pin": "4703", "again": "4703"}
    for changed, said in (
        ({"password": "nope"}, "用户名或密码不正确。"),
        ({"again": "4704"}, "两次输入的交接码不一致。"),
        ({"pin": "1234", "again": "1234"}, "这个交接码太容易猜到。"),
        ({"pin": "47", "again": "47"}, "交接码为 4～6 位数字。"),
    ):
        answer = desk.http.post("/desk/pin/", values | changed)
        assert answer.status_code == 422
        assert said in text_of(answer.content.decode())
    done = desk.http.post("/desk/pin/", values)
    assert done.status_code == 302, text_of(done.content.decode())
    assert "交接码已设好。" in text_of(desk.get("/desk/pin/"))
    assert queries.has_pin(stocked.library.staff["director"])
    assert take(desk, "director", "4703")["kind"] == "ok"


def test_a_lock_outlives_neither_sign_out_nor_a_new_session(desk: Desk, time: Clock) -> None:
    desk.http.post("/desk/lock/")
    assert desk.http.post("/staff/logout/")["Location"] == "/staff/login/"
    time.now = moment("2020-06-10", "16:00")
    desk.http.post("/staff/login/", {"username": "desk", "password": PASSWORD})
    assert desk.http.get("/desk/").status_code == 200


def test_a_pin_does_not_prolong_the_sign_in(desk: Desk) -> None:
    ends = timezone.now() + timedelta(hours=2)
    session = desk.http.session
    session.set_expiry(ends)
    session.save()
    take(desk, "director", "9041")
    assert desk.http.session.get_expiry_date() == ends
    take(desk, "desk", PASSWORD)
    assert desk.http.session.get_expiry_date() > ends + timedelta(hours=5)
