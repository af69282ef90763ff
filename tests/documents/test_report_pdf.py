"""The report as PDF, opened again with a reader."""

from __future__ import annotations

from dataclasses import replace

import pypdfium2
import pytest

from shuxiang.documents.charts import Chart, Series
from shuxiang.documents.errors import DocumentError
from shuxiang.documents.report import AnnualReport, Section, Table, report_pdf
from tests.documents import pdf, sample


@pytest.fixture(scope="module")
def made() -> bytes:
    return report_pdf(sample.report())


def test_the_text_holds_the_figures(made: bytes) -> None:
    text = pdf.text(made)
    for expected in (
        "星河区图书馆2020年年报",
        "第2版·2021年1月20日签发",
        "全年进馆23000人次，外借26110册次，下降39.6%。",
        "线上服务人次缺（网站改版期间未计数）。",
        "含分馆进馆31450人次",
        "全年办证641张，与上年持平。",
        "附件4数据核对与说明",
        "（馆长李某某，2021年1月18日）",
    ):
        assert expected in text.replace("・", "·")


def test_hostile_text_comes_out_literally(made: bytes) -> None:
    assert "".join(sample.HOSTILE.split()) in pdf.text(made)


def test_bookmarks_are_the_headings(made: bytes) -> None:
    assert pdf.bookmarks(made) == [
        "一、疫情防控与有序开放",
        "二、阵地服务",
        "（一）办证服务",
        "（二）馆藏利用",
        "三、群众文化活动",
        "四、党建工作",
        "五、队伍建设",
        "六、存在问题",
        "附件 1　各月业务量",
        "附件 2　按中图法大类统计",
        "附件 3　指标口径与来源",
        "附件 4　数据核对与说明",
    ]


def test_it_is_accessible_titled_and_dated_by_its_issue(made: bytes) -> None:
    assert b"<pdfuaid:part>1</pdfuaid:part>" in made
    assert b"/Lang(zh-CN)" in made
    assert b"/Marked true" in made
    facts = pypdfium2.PdfDocument(made).get_metadata_dict()
    assert facts["Title"] == "星河区图书馆 2020 年年报"
    assert facts["Author"] == "星河区图书馆"
    assert facts["CreationDate"] == "D:20210120000000Z"


def test_the_same_report_is_the_same_file(made: bytes) -> None:
    assert report_pdf(sample.report()) == made


def test_a_draft_says_so_and_carries_no_clock() -> None:
    draft = report_pdf(sample.report(issued=False))
    assert "草稿，未签发" in pdf.text(draft)
    assert b"/CreationDate(D:20" not in draft


def test_nothing_reaches_into_the_margins() -> None:
    unbroken = Table(
        "很长的单元格",
        ("名称", "值", "说明"),
        ((sample.LONG_TITLE, 1, "https://example.org/" + "x" * 90), (sample.LONG_TITLE, 2, "—")),
    )
    chart = Chart(
        "long", "长名", "bars", (sample.LONG_TITLE, "b"), (Series("s", (1, 2)),), "册", "长名"
    )
    report = replace(
        sample.report(),
        appendix=(Section("长标题" + sample.LONG_TITLE, (), (), (unbroken,), (chart,)),),
    )
    made = report_pdf(report)
    assert pdf.edge_ink(made, 25) == 0
    assert sample.LONG_TITLE in pdf.text(made)


def test_a_character_no_font_has_does_not_stop_the_report() -> None:
    made = report_pdf(sample.report(note="读者\U0010fffd来信。"))
    assert b"pdfuaid" not in made
    assert "来信。" in pdf.text(made)


def test_a_token_without_figure_stops_the_report() -> None:
    report = AnnualReport("馆", 2020, 1, None, "", (Section("节", ("{nobody}",)),), ())
    with pytest.raises(DocumentError, match="no figure nobody"):
        report_pdf(report)
