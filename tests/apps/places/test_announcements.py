"""公告 and the texts of public pages: who writes them, when readers see them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from shuxiang.apps.places import commands, queries
from shuxiang.apps.places.models import Announcement
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Refused
from shuxiang.runtime import changes
from tests.conftest import Unchanged
from tests.support.library import Contexts, Library, moment

TODAY = date(2020, 6, 10)


def write(ctx: Context, *places: str, **values: Any) -> str:
    given: dict[str, Any] = {"title": "闭馆通知", "text": "端午节闭馆。", "first_day": TODAY}
    return commands.announce(**(given | values), places=places, ctx=ctx)


def test_an_announcement_is_shown_from_day_to_day(library: Library, ctx: Contexts) -> None:
    one = write(ctx("director"), library.main, last_day=date(2020, 6, 12))
    open_end = write(ctx("director"), library.east, title="夜读", first_day=date(2020, 6, 11))

    def shown(day: int) -> list[str]:
        return [a.title for a in queries.announcements(date(2020, 6, day))]

    assert [shown(day) for day in (9, 10, 11, 12, 13)] == [
        [],
        ["闭馆通知"],
        ["夜读", "闭馆通知"],
        ["夜读", "闭馆通知"],
        ["夜读"],
    ]
    assert queries.count_announcements(date(2020, 6, 12)) == 2
    assert [a.id for a in queries.announcements(about=[library.east])] == [open_end]
    found = queries.announcement(one)
    assert found is not None
    assert (found.places, found.text) == ((library.main,), "端午节闭馆。")


def test_text_is_plain_and_clean(library: Library, ctx: Contexts) -> None:
    one = write(
        ctx("director"),
        library.main,
        title=" 通知\n二 ",
        text="第一段\r\n\r\n\r\n\r\n<b>第二段</b>\x00\u202e \r\n",
    )
    found = queries.announcement(one)
    assert found is not None
    assert (found.title, found.text) == ("通知 二", "第一段\n\n<b>第二段</b>")


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        (
            {"title": " ", "text": "\x00"},
            ("announcement-title-missing", "announcement-text-missing"),
        ),
        ({"title": "题" * 81, "text": "文" * 5001}, ("text-too-long", "text-too-long")),
        ({"last_day": date(2020, 6, 9)}, ("announcement-days-reversed",)),
    ],
)
def test_every_reason_against_an_announcement(
    library: Library, ctx: Contexts, unchanged: Unchanged, values: dict[str, Any], codes: Any
) -> None:
    with unchanged(), pytest.raises(Refused) as refused:
        write(ctx("director"), library.main, **values)
    assert refused.value.decision.codes == codes


def test_it_needs_a_place_that_is_there(
    library: Library, ctx: Contexts, unchanged: Unchanged
) -> None:
    with unchanged(), pytest.raises(Refused, match="announcement-places-missing"):
        write(ctx("director"))
    with unchanged(), pytest.raises(Refused, match="place-unknown"):
        write(ctx("director"), "0" * 32)


def test_a_branch_announces_for_itself_alone(
    library: Library, ctx: Contexts, unchanged: Unchanged
) -> None:
    """X1."""
    mine = write(ctx("branch", place=library.east), library.east)
    ours = write(ctx("director"), library.east, library.west)
    for places in ((library.west,), (library.east, library.main)):
        with unchanged(), pytest.raises(Refused, match="not-permitted"):
            write(ctx("branch", place=library.east), *places)
    with unchanged(), pytest.raises(Refused, match="not-permitted"):
        write(ctx("branch", place=library.east), library.east, announcement=ours)
    write(ctx("branch", place=library.east), library.point, announcement=mine, title="新题")
    changed = queries.announcement(mine)
    assert changed is not None
    assert (changed.title, changed.places) == ("新题", (library.point,))
    with unchanged(), pytest.raises(Refused, match="not-permitted"):
        write(ctx("desk"), library.main)


def test_withdrawing(library: Library, ctx: Contexts, unchanged: Unchanged) -> None:
    fresh = write(ctx("director"), library.main)
    commands.withdraw_announcement(announcement=fresh, ctx=ctx("director"))
    assert not Announcement.objects.exists()
    shown = write(ctx("director"), library.main)
    later = moment("2020-06-12")
    commands.withdraw_announcement(announcement=shown, ctx=ctx("director", at=later))
    assert queries.announcements(date(2020, 6, 12)) == ()
    assert [a.last_day for a in queries.announcements()] == [date(2020, 6, 11)]
    with unchanged(), pytest.raises(Refused, match="announcement-over"):
        commands.withdraw_announcement(announcement=shown, ctx=ctx("director", at=later))
    with unchanged(), pytest.raises(Refused, match="announcement-unknown"):
        commands.withdraw_announcement(announcement=fresh, ctx=ctx("director"))


def test_a_page_s_text(library: Library, ctx: Contexts, unchanged: Unchanged) -> None:
    def say(text: str, key: str = "about", place: str = library.main) -> None:
        commands.set_page_text(place=place, key=key, text=text, ctx=ctx("director"))

    say("总馆成立于 1958 年。")
    say("东区分馆在三楼。", place=library.east)
    assert queries.page_texts("about") == {
        library.main: "总馆成立于 1958 年。",
        library.east: "东区分馆在三楼。",
    }
    say("", place=library.east)
    assert list(queries.page_texts("about")) == [library.main]
    with unchanged(), pytest.raises(Refused, match="page-text-unknown"):
        say("x", key="other")
    with unchanged(), pytest.raises(Refused, match="not-permitted"):
        commands.set_page_text(
            place=library.west, key="about", text="x", ctx=ctx("branch", place=library.east)
        )


def test_many_announcements_take_as_many_statements(
    library: Library, ctx: Contexts, django_assert_num_queries: Any
) -> None:
    for n in range(30):
        write(ctx("director"), library.main, library.east, title=f"通知{n}")
    with django_assert_num_queries(2):
        assert len(queries.announcements(TODAY)) == 20
    with django_assert_num_queries(2):
        assert len(queries.announcements(TODAY, offset=20)) == 10


def test_what_was_written_and_by_whom_is_logged(library: Library, ctx: Contexts) -> None:
    one = write(ctx("director"), library.main)
    write(ctx("director"), library.main, announcement=one, title="改期")
    later = ctx("director", at=moment("2020-06-12"))
    commands.withdraw_announcement(announcement=one, ctx=later)
    commands.set_page_text(place=library.main, key="about", text="甲", ctx=ctx("director"))
    log = changes.find(changes.Asked(kind="announcement"))
    assert [(c.action, c.name, c.actor) for c in log] == [
        ("withdrawn", "改期", library.staff["director"]),
        ("changed", "改期", library.staff["director"]),
        ("added", "闭馆通知", library.staff["director"]),
    ]
    assert (log[1].before, log[1].after) == ({"title": "闭馆通知"}, {"title": "改期"})
    assert (log[0].before, log[0].after) == ({"last_day": None}, {"last_day": "2020-06-11"})
    text = changes.find(changes.Asked(kind="page-text"))
    assert [(c.subject, c.name, c.after) for c in text] == [("about", "总馆", {"text": "甲"})]
