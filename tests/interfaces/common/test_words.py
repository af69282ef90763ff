"""Money, masks, dates and due words as they stand on the screen."""

from __future__ import annotations

import datetime as dt

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from shuxiang.interfaces.common import words

UTC = dt.UTC


@pytest.fixture(autouse=True)
def _chinese() -> object:
    with translation.override("zh-hans"):
        yield


def render(source: str, **context: object) -> str:
    request = RequestFactory().get("/list/?q=a&page=3&sort=-name")
    return Template("{% load shuxiang %}" + source).render(Context({"request": request, **context}))


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (0, "0.00 元"),
        (5, "0.05 元"),
        (1230, "12.30 元"),
        (-50, "-0.50 元"),
        (123456789, "1,234,567.89 元"),
    ],
)
def test_yuan(fen: int, text: str) -> None:
    assert words.yuan(fen) == text


@pytest.mark.parametrize("wrong", [1.5, "12", True, None])
def test_yuan_refuses_anything_but_whole_fen(wrong: object) -> None:
    with pytest.raises(TypeError, match="whole fen"):
        words.yuan(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "mask"), [("张三", "张*"), ("张三丰", "张*"), (" 欧阳修 ", "欧*"), ("", "")]
)
def test_mask_name(name: str, mask: str) -> None:
    """S5, X8: no mask tells how long a name is."""
    assert words.mask_name(name) == mask


@pytest.mark.parametrize(
    ("number", "mask"),
    [
        ("44010619900101121X", "4**************21X"),
        ("E12345678", "E*****678"),
        ("1234", "****"),
        ("", ""),
    ],
)
def test_mask_id(number: str, mask: str) -> None:
    assert words.mask_id(number) == mask


def test_local_date_uses_the_local_day() -> None:
    assert words.local_date(dt.date(2026, 1, 5)) == "2026年1月5日"
    assert words.local_date(dt.datetime(2026, 11, 22, 16, 30, tzinfo=UTC)) == "2026年11月23日"
    assert words.local_time(dt.datetime(2026, 11, 22, 16, 30, tzinfo=UTC)) == "11月23日 00:30"


@pytest.mark.parametrize(
    ("days", "text", "kind"),
    [
        (30, "还有 30 天", "ok"),
        (4, "还有 4 天", "ok"),
        (3, "还有 3 天", "notice"),
        (0, "今天到期", "notice"),
        (-1, "逾期 1 天", "refused"),
        (-20, "逾期 20 天", "refused"),
    ],
)
def test_due_words(days: int, text: str, kind: str) -> None:
    today = dt.date(2026, 11, 23)
    due = today + dt.timedelta(days=days)
    assert words.due_words(due, today) == text
    assert words.due_kind(due, today) == kind
    badge = render("{% due_badge due today %}", due=due, today=today)
    assert text in badge
    assert f"badge-{kind}" in badge


def test_cover_tone_is_steady() -> None:
    assert words.cover_tone("红楼梦") == words.cover_tone("红楼梦")
    assert {words.cover_tone(str(n)) for n in range(100)} == set(range(words.COVER_TONES))


def test_icon_is_decorative_unless_labelled() -> None:
    assert render('{% icon "book" %}') == (
        '<svg class="icon" aria-hidden="true" focusable="false">'
        '<use href="/static/vendor/tabler-icons-3.51.0/icons.svg#book"></use></svg>'
    )
    assert 'role="img" aria-label="藏书"' in render('{% icon "book" "藏书" %}')


def test_badge_refuses_an_unknown_kind() -> None:
    with pytest.raises(ValueError, match="unknown badge kind 'green'"):
        render('{% badge "green" "在架" %}')


def test_tags_escape_what_records_bring() -> None:
    evil = "<script>alert(1)</script>"
    for source in (
        '{% badge "ok" evil %}',
        '{% icon "x" evil %}',
        '{% include "common/cover.html" with title=evil %}',
    ):
        made = render(source, evil=evil)
        assert "<script" not in made
        assert "&lt;script&gt;" in made


def test_navigation_leaves_out_what_is_not_installed() -> None:
    assert render('{% nav_item "no:such" "home" "x" %}') == ""


def test_sort_head_turns_round_and_keeps_the_query() -> None:
    made = render('{% sort_th "name" "姓名" %}{% sort_th "card" "证号" %}')
    assert 'aria-sort="descending"><a href="?q=a&amp;sort=name">' in made
    assert 'aria-sort="none"><a href="?q=a&amp;sort=card">' in made
