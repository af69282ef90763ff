"""Item categories: added, changed, logged, and by whom (X1, X2)."""

from __future__ import annotations

from typing import Any

import pytest

from shuxiang.apps.staff import commands as staff
from shuxiang.apps.stock import queries
from shuxiang.apps.stock.commands import categories
from shuxiang.kernel.decision import Refused
from shuxiang.runtime import changes
from shuxiang.runtime.changes import Asked


def refused(call: Any) -> tuple[str, ...]:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.decision.codes


def test_a_category_is_added_and_changed(library: Any, ctx: Any) -> None:
    for lendable in (True, False):
        categories.set_category(code="toy", name=" 玩具 ", lendable=lendable, ctx=ctx("director"))
    assert queries.categories()[-1] == ("toy", "玩具", False)
    found = changes.find(Asked(kind="item-category", subject="toy"))
    assert [(c.action, c.after) for c in found] == [
        ("changed", {"lendable": False}),
        ("added", {"name": "玩具", "lendable": True}),
    ]


@pytest.mark.parametrize(
    ("code", "name", "codes"),
    [
        ("Toy", "玩具", ("category-code-invalid",)),
        ("", " ", ("category-code-invalid", "name-missing")),
        ("toy", "长" * 41, ("text-too-long",)),
    ],
)
def test_a_category_that_does_not_fit_is_refused_with_every_reason(
    library: Any, ctx: Any, unchanged: Any, code: str, name: str, codes: tuple[str, ...]
) -> None:
    with unchanged():
        assert (
            refused(lambda: categories.set_category(code=code, name=name, lendable=True, ctx=ctx()))
            == codes
        )


def test_x1_categories_are_of_the_whole_tree(library: Any, ctx: Any, unchanged: Any) -> None:
    staff.grant(account=library.staff["branch"], role="director", place=library.east, ctx=ctx())
    with unchanged():
        east = ctx("branch", place=library.east)
        assert refused(
            lambda: categories.set_category(code="toy", name="玩具", lendable=True, ctx=east)
        ) == ("not-permitted",)
