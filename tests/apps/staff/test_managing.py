"""Accounts switched off and on, roles given and taken, own roles, and who may (X1, S4, 三权分立)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shuxiang.apps.places import commands as places
from shuxiang.apps.staff import commands, models, queries
from shuxiang.kernel.context import Actor, Context
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import changes, sql
from shuxiang.runtime.changes import Asked
from tests.support.library import PASSWORD, moment


def refused(call: Any) -> tuple[str, ...]:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.decision.codes


def acts_of(account: str) -> list[str]:
    return [c.action for c in reversed(changes.find(Asked(subject=account)))]


def login(username: str, password: str, minutes: float = 0) -> commands.Login:
    ctx = Context(
        actor=Actor("staff", "anonymous"),
        channel="office",
        service_point="",
        occurred_at=moment("2020-01-02") + timedelta(minutes=minutes),
    )
    return commands.log_in(username=username, password=password, ctx=ctx)


def test_an_account_switched_off_holds_nothing_until_it_is_switched_on(
    library: Any, ctx: Any
) -> None:
    desk = library.staff["desk"]
    commands.deactivate(account=desk, why="离职", ctx=ctx("admin"))
    assert login("desk", PASSWORD).decision.codes == ("login-wrong",)
    assert not queries.may(desk, "circulation.check_out", library.main)
    commands.deactivate(account=desk, ctx=ctx("admin"))
    commands.activate(account=desk, ctx=ctx("admin"))
    commands.activate(account=desk, ctx=ctx("admin"))
    assert login("desk", PASSWORD).account == desk
    assert queries.may(desk, "circulation.check_out", library.main)
    assert acts_of(desk)[-2:] == ["deactivated", "activated"]
    assert changes.find(Asked(subject=desk))[1].why == "离职"


def test_s4_unlock_lets_in_at_once(library: Any, ctx: Any) -> None:
    for n in range(5):
        login("desk", "wrong", n)
    assert login("desk", PASSWORD, 6).decision.codes == ("login-locked",)
    commands.unlock(account=library.staff["desk"], ctx=ctx("admin"))
    assert login("desk", PASSWORD, 6).account == library.staff["desk"]


def test_s4_a_name_nobody_has_is_locked_like_one_that_somebody_has(library: Any) -> None:
    for name in ("desk", "nobody"):
        answers = [login(name, "wrong", n).decision for n in range(7)]
        assert [a.codes for a in answers] == [("login-wrong",)] * 5 + [("login-locked",)] * 2
        assert answers[5].reasons[0].data == {"minutes": 30}
        assert login(name, "wrong", 34.5).decision.codes == ("login-wrong",)
    stored = str(sql.all("SELECT * FROM staff_unknownname"))
    assert "nobody" not in stored


def test_s4_unknown_names_are_forgotten_after_a_day(library: Any, ctx: Any) -> None:
    login("nobody", "wrong")
    early = ctx(at=moment("2020-01-02") + timedelta(hours=23))
    assert commands.forget_unknown_names(ctx=early) == 0
    late = ctx(at=moment("2020-01-02") + timedelta(hours=25))
    assert commands.forget_unknown_names(ctx=late) == 1


def test_nobody_locks_themselves_out(library: Any, ctx: Any, unchanged: Any) -> None:
    admin = library.staff["admin"]
    with unchanged():
        assert refused(lambda: commands.deactivate(account=admin, ctx=ctx("admin"))) == (
            "own-account",
        )
        # Not even another with every right: nobody could manage accounts any more.
        assert refused(lambda: commands.deactivate(account=admin, ctx=ctx())) == (
            "last-administrator",
        )
        revoke = {"account": admin, "role": "admin", "place": library.main}
        assert refused(lambda: commands.revoke(**revoke, ctx=ctx("admin"))) == ("own-roles",)
        assert refused(lambda: commands.revoke(**revoke, ctx=ctx())) == ("last-administrator",)


def test_the_second_administrator_may_take_over(library: Any, ctx: Any) -> None:
    admin, desk = library.staff["admin"], library.staff["desk"]
    # An administrator of a branch is none of the whole library.
    commands.grant(account=library.staff["branch"], role="admin", place=library.east, ctx=ctx())
    assert refused(lambda: commands.deactivate(account=admin, ctx=ctx())) == ("last-administrator",)
    commands.grant(account=desk, role="admin", place=library.main, ctx=ctx("admin"))
    commands.deactivate(account=admin, ctx=ctx("desk"))
    assert refused(
        lambda: commands.revoke(account=desk, role="admin", place=library.main, ctx=ctx())
    ) == ("last-administrator",)


def test_a_role_taken_is_gone_at_once_and_logged(library: Any, ctx: Any) -> None:
    desk = library.staff["desk"]
    commands.revoke(account=desk, role="desk", place=library.main, ctx=ctx("admin"))
    assert not queries.may(desk, "circulation.check_out", library.main)
    assert queries.grants(desk) == ()
    last = changes.find(Asked(subject=desk))[0]
    assert (last.kind, last.action) == ("grant", "revoked")
    assert last.before == {"role": "流通馆员", "at": library.main}
    assert refused(
        lambda: commands.revoke(account=desk, role="desk", place=library.main, ctx=ctx("admin"))
    ) == ("grant-unknown",)


def test_nobody_gives_themselves_a_role(library: Any, ctx: Any, unchanged: Any) -> None:
    with unchanged():
        assert refused(
            lambda: commands.grant(
                account=library.staff["admin"],
                role="auditor",
                place=library.main,
                ctx=ctx("admin"),
            )
        ) == ("own-roles",)


@pytest.mark.parametrize("act", ["deactivate", "activate", "unlock", "change", "reset"])
def test_x1_who_edits_staff_of_a_branch_takes_over_no_account_of_the_library(
    library: Any, ctx: Any, unchanged: Any, act: str
) -> None:
    commands.grant(account=library.staff["branch"], role="admin", place=library.east, ctx=ctx())
    # At home in the east, but with a role at the main library as well.
    account = commands.add_account(
        username="chenli",
        name="陈丽",
        home=library.east,
        password_hash=commands.hashed(PASSWORD, username="chenli"),
        ctx=ctx(),
    )
    commands.grant(account=account, role="director", place=library.main, ctx=ctx())

    def do(context: Context) -> None:
        if act == "change":
            commands.change_account(account=account, name="丽", home=library.east, ctx=context)
        elif act == "reset":
            commands.set_password(
                account=account,
                password_hash=commands.hashed("Other-5678", username="chenli"),
                ctx=context,
            )
        else:
            getattr(commands, act)(account=account, ctx=context)

    with unchanged():
        assert refused(lambda: do(ctx("branch", place=library.east))) == ("not-permitted",)
    do(ctx("admin"))


def test_a_password_given_by_another_is_logged_without_it(library: Any, ctx: Any) -> None:
    desk = library.staff["desk"]
    hashed = commands.hashed("Other-5678", username="desk")
    commands.set_password(account=desk, password_hash=hashed, ctx=ctx("admin"))
    commands.set_password(account=desk, password_hash=hashed, ctx=ctx("desk"))
    assert acts_of(desk)[-2:] == ["password-reset", "own-password"]
    assert "argon2" not in str(sql.all("SELECT * FROM runtime_change"))


def test_changing_an_account_needs_the_right_at_the_new_home_too(library: Any, ctx: Any) -> None:
    commands.grant(account=library.staff["branch"], role="admin", place=library.east, ctx=ctx())
    account = commands.add_account(
        username="chenli",
        name="陈丽",
        home=library.east,
        password_hash=commands.hashed(PASSWORD, username="chenli"),
        role="desk",
        ctx=ctx(),
    )
    east = ctx("branch", place=library.east)
    assert refused(
        lambda: commands.change_account(account=account, name="陈丽", home=library.west, ctx=east)
    ) == ("not-permitted",)
    context = ctx("branch", place=library.east)
    commands.change_account(account=account, name=" 陈莉 ", home=library.point, ctx=context)
    found = queries.account(account)
    assert found is not None
    assert (found.name, found.home) == ("陈莉", library.point)
    assert [g.role for g in queries.grants(account)] == ["desk"]


ROLE = {"code": "weekend", "name": "周末馆员", "actions": ("circulation.check_in",)}


def test_a_role_of_the_library_s_own(library: Any, ctx: Any, unchanged: Any) -> None:
    commands.set_role(**ROLE, ctx=ctx("admin"))
    desk, auditor = library.staff["desk"], library.staff["auditor"]
    commands.grant(account=auditor, role="weekend", place=library.east, ctx=ctx("admin"))
    assert queries.may(auditor, "circulation.check_in", library.east)
    both = ("circulation.check_in", "circulation.renew")
    commands.set_role(code="weekend", name="周末馆员", actions=both, ctx=ctx("admin"))
    assert queries.may(auditor, "circulation.renew", library.east)
    view = next(r for r in queries.roles() if r.code == "weekend")
    assert (view.shipped, view.held, view.actions) == (False, 1, both)
    with unchanged():
        assert refused(lambda: commands.remove_role(code="weekend", ctx=ctx("admin"))) == (
            "role-held",
        )
    commands.revoke(account=auditor, role="weekend", place=library.east, ctx=ctx("admin"))
    commands.remove_role(code="weekend", ctx=ctx("admin"))
    assert [c.action for c in changes.find(Asked(kind="role", subject="weekend"))] == [
        "removed",
        "changed",
        "added",
    ]
    assert refused(
        lambda: commands.grant(account=desk, role="weekend", place=library.east, ctx=ctx("admin"))
    ) == ("role-unknown",)


@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        ({"code": "desk"}, ("role-shipped",)),
        ({"code": "Weekend"}, ("role-code-invalid",)),
        ({"name": " "}, ("name-missing",)),
        ({"name": "长" * 41}, ("text-too-long",)),
        ({"actions": ("audit.view", "staff.edit")}, ("role-mixes-audit",)),
        ({"code": "", "actions": ()}, ("role-code-invalid", "role-empty")),
    ],
)
def test_a_role_that_does_not_fit_is_refused_with_every_reason(
    library: Any, ctx: Any, unchanged: Any, asked: dict[str, Any], codes: tuple[str, ...]
) -> None:
    with unchanged():
        assert refused(lambda: commands.set_role(**(ROLE | asked), ctx=ctx("admin"))) == codes


def test_x1_roles_are_edited_for_the_whole_tree_or_not_at_all(
    library: Any, ctx: Any, unchanged: Any
) -> None:
    commands.grant(account=library.staff["branch"], role="admin", place=library.east, ctx=ctx())
    with unchanged():
        east = ctx("branch", place=library.east)
        assert refused(lambda: commands.set_role(**ROLE, ctx=east)) == ("not-permitted",)
    # With a second main library, the one administrator of the first is not enough.
    places.add_place(
        kind="main_library", code="two", name="二馆", parent=library.network, ctx=ctx()
    )
    assert refused(lambda: commands.set_role(**ROLE, ctx=ctx("admin"))) == ("not-permitted",)


def test_a_role_loses_the_right_to_edit_staff_only_if_another_has_it(
    library: Any, ctx: Any
) -> None:
    commands.set_role(code="boss", name="主管", actions=("staff.edit",), ctx=ctx())
    commands.grant(account=library.staff["desk"], role="boss", place=library.network, ctx=ctx())
    less = {"code": "boss", "name": "主管", "actions": ("places.edit",)}
    assert refused(lambda: commands.set_role(**less, ctx=ctx())) == ("last-administrator",)
    commands.grant(account=library.staff["admin"], role="admin", place=library.network, ctx=ctx())
    commands.set_role(**less, ctx=ctx())


def test_accounts_are_found_by_home_and_text(library: Any, ctx: Any) -> None:
    everybody = (library.main, library.east)

    def names(**sought: Any) -> list[str]:
        return [a.username for a in queries.find_accounts(queries.Sought(**sought))]

    assert names(homes=(library.east,)) == ["branch"]
    assert len(names(homes=everybody)) == queries.count_accounts(queries.Sought(homes=everybody))
    assert names(homes=everybody, text="流通") == ["desk"]
    assert names(homes=everybody, text="DESK") == ["desk"]
    commands.deactivate(account=library.staff["desk"], ctx=ctx("admin"))
    assert names(homes=everybody, text="desk") == []
    assert names(homes=everybody, text="desk", inactive=True) == ["desk"]


def test_an_account_nobody_has_is_unknown(library: Any, ctx: Any) -> None:
    for act in (commands.deactivate, commands.activate, commands.unlock):
        assert refused(lambda act=act: act(account=new_id(), ctx=ctx("admin"))) == (
            "account-unknown",
        )
    assert models.Account.objects.count() == len(library.staff)
