"""The one tree of places and its settings, which are inherited and know where they come from."""

from __future__ import annotations

from typing import Any

import pytest

from shuxiang.apps.places import commands, queries, settings
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.ids import new_id


def refused(call: Any) -> tuple[str, ...]:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.decision.codes


def test_parents_come_before_children_in_the_library_s_order(library: Any) -> None:
    places = queries.all_places()
    assert [(p.code, p.kind, p.path, p.depth) for p in places] == [
        ("net", "network", "/net/", 1),
        ("main", "main_library", "/net/main/", 2),
        ("east", "branch", "/net/main/east/", 3),
        ("point", "service_point", "/net/main/east/point/", 4),
        ("west", "branch", "/net/main/west/", 3),
    ]
    assert [p.code for p in queries.subtree(library.east)] == ["east", "point"]
    assert [p.code for p in queries.ancestors(queries.place(library.point))] == [
        "point",
        "east",
        "main",
        "net",
    ]
    assert queries.main_library().id == library.main


def test_barcodes_belong_to_the_nearest_library_above(library: Any, ctx: Any) -> None:
    assert queries.place(library.point).library == library.main
    assert queries.place(library.main).library == library.main
    own = commands.add_place(
        kind="branch",
        code="own",
        name="自管分馆",
        parent=library.main,
        own_barcodes=True,
        ctx=ctx(),
    )
    below = commands.add_place(
        kind="service_point", code="below", name="书屋", parent=own, ctx=ctx()
    )
    assert queries.place(own).library == own
    assert queries.place(below).library == own


@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        ({"code": "Main Hall"}, ("place-code-invalid",)),
        ({"code": "a" * 17}, ("place-code-invalid",)),
        ({"code": "east"}, ("place-code-taken",)),
        ({"name": "  "}, ("name-missing",)),
        ({"kind": "castle"}, ("place-kind-misplaced",)),
        ({"kind": "network"}, ("place-kind-misplaced",)),
        ({"kind": "main_library"}, ("place-kind-misplaced",)),
        (
            {"code": "?", "name": "", "kind": "?"},
            ("place-code-invalid", "name-missing", "place-kind-misplaced"),
        ),
        ({"parent": "0" * 32}, ("place-unknown",)),
        ({"parent": None, "kind": "network"}, ("place-root-exists",)),
        ({"parent": None, "kind": "main_library"}, ("place-root-exists",)),
    ],
)
def test_a_place_that_does_not_fit_is_refused_with_every_reason(
    library: Any, ctx: Any, unchanged: Any, asked: dict[str, Any], codes: tuple[str, ...]
) -> None:
    values = {"kind": "branch", "code": "new", "name": "新馆", "parent": library.main, **asked}
    with unchanged():
        assert refused(lambda: commands.add_place(**values, ctx=ctx())) == codes


def test_unknown_places_are_told(library: Any) -> None:
    with pytest.raises(queries.UnknownPlace):
        queries.place(new_id())
    with pytest.raises(queries.UnknownPlace):
        queries.place_by_code("nowhere")


def test_an_empty_database_has_no_main_library(db: None) -> None:
    with pytest.raises(queries.UnknownPlace):
        queries.main_library()


def test_a_location_is_known_once_a_place(library: Any, ctx: Any) -> None:
    first = commands.add_location(place=library.main, code="A1", name="一楼", ctx=ctx())
    again = commands.add_location(place=library.main, code="A1", name="另名", ctx=ctx())
    other = commands.add_location(
        place=library.east, code="A1", name="少儿区", for_children=True, ctx=ctx()
    )
    assert first == again != other
    found = queries.locations([library.main, library.east])
    assert [(x.place, x.name, x.for_children) for x in found] == [
        (library.main, "一楼", False),
        (library.east, "少儿区", True),
    ]


def test_settings_are_inherited_and_know_their_origin(library: Any, ctx: Any) -> None:
    def in_force(place: str) -> tuple[Any, str | None]:
        found = queries.setting(place, "privacy.history_days")
        return found.value, found.origin.code if found.origin else None

    assert in_force(library.point) == (365, None)
    commands.set_setting(place=library.main, key="privacy.history_days", value=180, ctx=ctx())
    assert in_force(library.point) == (180, "main")
    assert in_force(library.main) == (180, "main")
    assert in_force(library.network) == (365, None)
    commands.set_setting(place=library.east, key="privacy.history_days", value=0, ctx=ctx())
    assert in_force(library.point) == (0, "east")
    assert in_force(library.west) == (180, "main")
    commands.set_setting(place=library.east, key="privacy.history_days", value=None, ctx=ctx())
    assert in_force(library.point) == (180, "main")


def test_every_setting_takes_its_own_default() -> None:
    assert [k.key for k in settings.KNOWN.values() if not k.takes(k.default)] == []
    assert settings.KNOWN["notices.overdue_days"].takes("1，7、30")


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("no.such", 1, "setting-unknown"),
        ("privacy.history_days", "1", "setting-value-invalid"),
        ("privacy.history_days", True, "setting-value-invalid"),
        ("calendar.open_on_holidays", 1, "setting-value-invalid"),
        # Negative days would hide every reader at once.
        ("privacy.history_days", -1, "setting-value-invalid"),
        ("items.barcode_length", 10_001, "setting-value-invalid"),
        ("report.scope", "all", "setting-value-invalid"),
        ("notices.overdue_days", "=1+1", "setting-value-invalid"),
        ("notices.default_channels", "pigeon", "setting-value-invalid"),
        ("notices.quiet_from", 24, "setting-value-invalid"),
        ("lending.age_marks", "十四", "setting-value-invalid"),
        ("cards.number_prefix", "YC 1", "setting-value-invalid"),
    ],
)
def test_a_setting_that_does_not_exist_or_fit_is_refused(
    library: Any, ctx: Any, unchanged: Any, key: str, value: Any, code: str
) -> None:
    with unchanged():
        call = lambda: commands.set_setting(place=library.main, key=key, value=value, ctx=ctx())  # noqa: E731
        assert refused(call) == (code,)


def test_i18_who_may_edit_a_branch_may_not_edit_what_is_above_it(
    library: Any, ctx: Any, unchanged: Any
) -> None:
    from shuxiang.apps.staff import commands as staff

    staff.grant(account=library.staff["desk"], role="director", place=library.east, ctx=ctx())
    desk = ctx("desk", place=library.east)
    with unchanged():
        for act in (
            lambda: commands.set_setting(
                place=library.main,
                key="privacy.history_days",
                value=1,
                ctx=ctx("desk", place=library.east),
            ),
            lambda: commands.add_place(
                kind="branch",
                code="new",
                name="新馆",
                parent=library.main,
                ctx=ctx("desk", place=library.east),
            ),
            lambda: commands.add_location(
                place=library.west, code="A", name="一楼", ctx=ctx("desk", place=library.east)
            ),
        ):
            assert refused(act) == ("not-permitted",)
    commands.set_setting(place=library.east, key="privacy.history_days", value=1, ctx=desk)
    assert queries.setting(library.point, "privacy.history_days").value == 1
