"""Accounts, logins with lockout, password history, and roles that hold in a subtree (S4, S15, I18)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shuxiang.apps.staff import commands, models, queries, rules
from shuxiang.kernel.context import Actor, Context
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import sql
from shuxiang.runtime.revision import bump
from tests.support.library import PASSWORD, moment

NOBODY = Actor("staff", "")


def refused(call: Any) -> tuple[str, ...]:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.decision.codes


def login(username: str, password: str, minutes: float = 0) -> commands.Login:
    ctx = Context(
        actor=NOBODY,
        channel="office",
        service_point="",
        occurred_at=moment("2020-01-02") + timedelta(minutes=minutes),
    )
    return commands.log_in(username=username, password=password, ctx=ctx)


def test_the_right_password_opens(library: Any) -> None:
    result = login("desk", PASSWORD)
    assert result == commands.Login(library.staff["desk"], rules.Decision())
    assert models.Account.objects.get(username="desk").last_login == moment("2020-01-02")


@pytest.mark.parametrize(
    ("username", "password"), [("desk", "wrong"), ("nobody", PASSWORD), ("", "")]
)
def test_s4_a_wrong_name_and_a_wrong_password_answer_alike(
    library: Any, username: str, password: str
) -> None:
    result = login(username, password)
    assert (result.account, result.decision.codes) == (None, ("login-wrong",))


def test_s15_five_failures_lock_for_thirty_minutes(library: Any) -> None:
    for n in range(5):
        assert login("desk", "wrong", n).decision.codes == ("login-wrong",)
    locked = login("desk", PASSWORD, 4.5)
    assert locked.decision.codes == ("login-locked",)
    assert locked.decision.reasons[0].data == {"minutes": 30}
    assert login("desk", PASSWORD, 33.9).account is None
    assert login("desk", PASSWORD, 34).account == library.staff["desk"]
    # Counting starts again, and other accounts were never concerned.
    assert login("desk", "wrong", 35).decision.codes == ("login-wrong",)
    assert login("desk", PASSWORD, 36).account == library.staff["desk"]
    assert login("director", PASSWORD, 1).account == library.staff["director"]


def test_s15_a_success_forgets_the_failures(library: Any) -> None:
    for _ in range(2):
        for n in range(4):
            login("desk", "wrong", n)
        assert login("desk", PASSWORD, 5).account == library.staff["desk"]


def test_s15_an_account_switched_off_can_not_log_in_nor_act(library: Any, ctx: Any) -> None:
    sql.run("UPDATE staff_account SET is_active = ? WHERE username = ?", False, "desk")
    bump("staff")
    assert login("desk", PASSWORD).decision.codes == ("login-wrong",)
    assert not queries.may(library.staff["desk"], "circulation.check_out", library.main)


def test_s15_a_password_of_ninety_one_days_must_be_changed(library: Any) -> None:
    assert login("desk", PASSWORD, 89 * 1440).must_change is False
    assert login("desk", PASSWORD, 92 * 1440).must_change is True


def test_s4_no_request_ever_holds_a_password(library: Any, ctx: Any) -> None:
    login("desk", PASSWORD)
    commands.set_password(
        account=library.staff["desk"],
        password_hash=commands.hashed("Other-5678", username="desk"),
        ctx=ctx("desk"),
    )
    stored = str(sql.all("SELECT id, command, body, outcome FROM runtime_request"))
    assert PASSWORD not in stored
    assert "Other-5678" not in stored
    assert "argon2" not in stored


def test_s15_the_last_five_passwords_are_refused_and_the_sixth_may_come_back(
    library: Any, ctx: Any
) -> None:
    account = library.staff["desk"]
    for n in range(5):
        assert refused(lambda: commands.hashed(PASSWORD, username="desk", account=account)) == (
            "password-used-before",
        )
        hashed = commands.hashed(f"Other-{n}000", username="desk", account=account)
        at = moment("2020-06-10") + timedelta(days=n)
        commands.set_password(account=account, password_hash=hashed, ctx=ctx("desk", at=at))
    assert commands.used_before(account, "Other-0000")
    assert commands.hashed(PASSWORD, username="desk", account=account).startswith(
        "argon2$argon2id$"
    )


def test_s4_a_password_set_by_another_must_be_changed(library: Any, ctx: Any) -> None:
    hashed = commands.hashed("Other-5678", username="desk")
    desk = library.staff["desk"]
    commands.set_password(account=desk, password_hash=hashed, ctx=ctx("admin"))
    found = queries.account(desk)
    assert found is not None
    assert found.must_change_password
    commands.set_password(account=desk, password_hash=hashed, ctx=ctx("desk"))
    found = queries.account(desk)
    assert found is not None
    assert not found.must_change_password


def test_s15_only_who_edits_staff_there_sets_another_s_password(
    library: Any, ctx: Any, unchanged: Any
) -> None:
    hashed = commands.hashed("Other-5678", username="desk")
    commands.grant(account=library.staff["branch"], role="admin", place=library.east, ctx=ctx())
    with unchanged():
        for actor in (ctx("director"), ctx("branch", place=library.east)):
            assert refused(
                lambda actor=actor: commands.set_password(
                    account=library.staff["desk"], password_hash=hashed, ctx=actor
                )
            ) == ("not-permitted",)
        reader = ctx(Actor("patron", library.staff["desk"]))
        assert refused(
            lambda: commands.set_password(
                account=library.staff["desk"], password_hash=hashed, ctx=reader
            )
        ) == ("not-permitted",)
        assert refused(
            lambda: commands.set_password(account=new_id(), password_hash=hashed, ctx=ctx("admin"))
        ) == ("account-unknown",)


@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        ({"username": "chen li"}, ("username-invalid",)),
        ({"username": "陈丽"}, ("username-invalid",)),
        ({"username": ""}, ("username-invalid",)),
        ({"username": "desk"}, ("username-taken",)),
        ({"name": " "}, ("name-missing",)),
        ({"username": "1", "name": ""}, ("username-invalid", "name-missing")),
        ({"home": "0" * 32}, ("place-unknown",)),
    ],
)
def test_an_account_that_does_not_fit_is_refused_with_every_reason(
    library: Any, ctx: Any, unchanged: Any, asked: dict[str, Any], codes: tuple[str, ...]
) -> None:
    values = {
        "username": "chenli",
        "name": "陈丽",
        "home": library.main,
        "password_hash": commands.hashed(PASSWORD, username="chenli"),
        **asked,
    }
    with unchanged():
        assert refused(lambda: commands.add_account(**values, ctx=ctx("admin"))) == codes


def test_s15_new_accounts_must_change_their_password(library: Any, ctx: Any) -> None:
    word = commands.one_time_password()
    assert len(word) == 12
    made = commands.add_account(
        username="chenli",
        name="陈丽",
        home=library.east,
        password_hash=commands.hashed(word, username="chenli"),
        ctx=ctx("admin"),
    )
    result = login("chenli", word)
    assert (result.account, result.must_change) == (made, True)


@pytest.mark.parametrize(
    ("account", "action", "place", "held"),
    [
        ("desk", "circulation.check_out", "main", True),
        ("desk", "circulation.check_out", "east", True),
        ("desk", "circulation.check_out", "point", True),
        ("desk", "circulation.check_out", "network", False),
        ("desk", "places.edit", "main", False),
        ("branch", "circulation.check_out", "east", True),
        ("branch", "circulation.check_out", "point", True),
        ("branch", "circulation.check_out", "west", False),
        ("branch", "circulation.check_out", "main", False),
        ("admin", "staff.edit", "west", True),
        ("auditor", "places.edit", "main", False),
    ],
)
def test_i18_a_role_holds_at_its_place_and_below(
    library: Any, account: str, action: str, place: str, held: bool
) -> None:
    where = getattr(library, place)
    assert queries.may(library.staff[account], action, where) is held
    assert rules.holds(queries.actions_at(library.staff[account], where), action) is held


def test_nobody_and_nowhere_hold_nothing(library: Any) -> None:
    assert not queries.may("", "circulation.check_out", library.main)
    assert not queries.may(library.staff["desk"], "circulation.check_out", "")
    assert not queries.may(new_id(), "circulation.check_out", library.main)


def test_a_place_whose_code_begins_like_another_s_is_not_below_it(library: Any, ctx: Any) -> None:
    from shuxiang.apps.places import commands as places

    near = places.add_place(
        kind="branch", code="east2", name="东二分馆", parent=library.main, ctx=ctx()
    )
    assert not queries.may(library.staff["branch"], "circulation.check_out", near)


def test_granted_roles_add_up_and_hold_at_once(library: Any, ctx: Any) -> None:
    desk = library.staff["desk"]
    assert not queries.may(desk, "places.edit", library.west)
    commands.grant(account=desk, role="director", place=library.west, ctx=ctx("admin"))
    commands.grant(account=desk, role="director", place=library.west, ctx=ctx("admin"))
    assert queries.may(desk, "places.edit", library.west)
    assert not queries.may(desk, "places.edit", library.east)
    assert [(g.role, g.place) for g in queries.grants(desk)] == [
        ("desk", library.main),
        ("director", library.west),
    ]
    assert queries.places_where(desk, "circulation.check_out") == (library.main, library.west)


def test_s15_nobody_grants_where_they_don_t_edit_staff(
    library: Any, ctx: Any, unchanged: Any
) -> None:
    commands.grant(account=library.staff["branch"], role="admin", place=library.east, ctx=ctx())
    desk = library.staff["desk"]
    with unchanged():
        for account, role, place, code in (
            (desk, "admin", library.main, "not-permitted"),
            (desk, "admin", library.network, "not-permitted"),
            (desk, "king", library.east, "role-unknown"),
            (new_id(), "desk", library.east, "account-unknown"),
            (desk, "desk", new_id(), "place-unknown"),
        ):
            context = ctx("branch", place=library.east)
            assert refused(
                lambda account=account, role=role, place=place, context=context: commands.grant(
                    account=account, role=role, place=place, ctx=context
                )
            ) == (code,)
    commands.grant(
        account=desk, role="desk", place=library.point, ctx=ctx("branch", place=library.east)
    )


def test_readers_and_terminals_are_no_staff(library: Any, ctx: Any) -> None:
    for kind in ("patron", "terminal"):
        context = ctx(Actor(kind, library.staff["admin"]))
        assert not queries.authorize(context, "staff.edit", library.main)


def test_seeding_roles_again_adds_nothing(library: Any, ctx: Any, unchanged: Any) -> None:
    assert commands.seed_roles(ctx=ctx()) == 0
