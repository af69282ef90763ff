"""The model of the annual report: tokens, numbers in words, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from shuxiang.documents.errors import DocumentError
from shuxiang.documents.report import AnnualReport, Cell, Figure, Finding, Table, dump, load, prose
from tests.documents import sample


def figure(value: int | None, previous: int | None = None, **changes: object) -> Figure:
    reason = "未统计" if value is None else ""
    return Figure("f", "指标", "册", value, previous, missing_reason=reason, **changes)  # type: ignore[arg-type]


def said(paragraph: str, *figures: Figure) -> str:
    report = AnnualReport("馆", 2020, 1, None, "", (), figures)
    return "".join(run.text for run in prose.runs(report, paragraph))


@pytest.mark.parametrize(
    ("token", "given", "expected"),
    [
        ("{f}", figure(47000), "47000"),
        ("{f.unit}", figure(0), "0册"),
        ("{f}", figure(None), "缺（未统计）"),
        ("{f.unit}", figure(None), "缺（未统计）"),
        ("{f.unit}", figure(80, at_least=True, note="下限"), "≥80册"),
        ("{f.previous}", figure(1, 12), "12"),
        ("{f.previous}", figure(1), "缺（无上年数据）"),
        ("{f.change}", figure(1125, 1000), "增长 12.5%"),
        ("{f.change}", figure(1, 3), "下降 66.7%"),
        ("{f.change}", figure(2, 2), "与上年持平"),
        ("{f.change}", figure(2, 0), "与上年不可比"),
        ("{f.change}", figure(2, 1, comparable=False), "与上年不可比"),
        ("{f.change}", figure(None, 1), "缺（未统计）"),
        ("{{f}}", figure(1), "{f}"),
    ],
)
def test_tokens(token: str, given: Figure, expected: str) -> None:
    assert said(f"计 {token}。", given) == f"计 {expected}。"


def test_a_token_can_name_the_scope() -> None:
    both = (figure(31, scope="含分馆"), figure(23))
    assert said("{f} {f|含分馆} {f|本馆}", *both) == "23 31 23"


@pytest.mark.parametrize(
    ("paragraph", "complaint"),
    [
        ("{nobody}", "no figure nobody"),
        ("{f|含分馆}", "含分馆"),
        ("{f", "written"),
        ("}", "written"),
    ],
)
def test_a_wrong_token_is_named(paragraph: str, complaint: str) -> None:
    with pytest.raises(DocumentError, match=complaint):
        said(paragraph, figure(1))


@pytest.mark.parametrize(
    ("value", "previous", "expected"),
    [(150, 100, "+50.0%"), (1, 8, "-87.5%"), (3, 3, "+0.0%"), (5, 0, "—"), (None, 5, "—")],
)
def test_change_column(value: int | None, previous: int, expected: str) -> None:
    assert prose.change_text(figure(value, previous)) == expected


def test_an_incomparable_year_says_why() -> None:
    given = figure(5, 4, comparable=False, previous_note="上年未含分馆")
    assert prose.change_text(given) == "上年未含分馆"
    assert prose.change_text(replace(given, previous_note="")) == "口径不同，不可比"


@pytest.mark.parametrize(
    ("number", "expected"),
    [(1, "一"), (6, "六"), (10, "十"), (11, "十一"), (20, "二十"), (22, "二十二")],
)
def test_chinese_numbers(number: int, expected: str) -> None:
    assert prose.chinese_number(number) == expected


def test_a_missing_value_needs_a_reason_and_a_lower_bound_a_note() -> None:
    with pytest.raises(DocumentError, match="no reason"):
        Figure("f", "指标", "册", None)
    with pytest.raises(DocumentError, match="needs a note"):
        Figure("f", "指标", "册", 80, at_least=True)


@pytest.mark.parametrize("href", ["javascript:alert(1)", "data:text/html,x", "//evil.example/x"])
def test_links_that_leave_the_site_are_refused(href: str) -> None:
    with pytest.raises(DocumentError, match="relative or http"):
        figure(1, href=href)
    with pytest.raises(DocumentError, match="relative or http"):
        Cell(1, href)


def test_an_unsigned_contradiction_cannot_be_issued_but_can_be_drafted() -> None:
    unsigned = (Finding("外借与进馆", "外借 2，进馆 1。"),)
    AnnualReport("馆", 2020, 1, None, "", (), (), findings=unsigned)
    with pytest.raises(DocumentError, match="外借与进馆 needs a signed explanation"):
        AnnualReport("馆", 2020, 1, date(2021, 1, 1), "", (), (), findings=unsigned)


def test_a_figure_given_twice_and_a_ragged_table_are_refused() -> None:
    with pytest.raises(DocumentError, match="given twice"):
        AnnualReport("馆", 2020, 1, None, "", (), (figure(1), figure(2)))
    with pytest.raises(DocumentError, match="2 cells for 3 columns"):
        Table("表", ("a", "b", "c"), (("x", 1),))


def test_an_edition_survives_storage_and_is_stored_alike_each_time() -> None:
    stored = dump(sample.report())
    assert load(stored) == sample.report()
    assert dump(load(stored)) == stored
    with pytest.raises(DocumentError, match="no stored annual report"):
        load(b'{"library_name": 3}')
