"""The report as a web page."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from shuxiang.documents.charts import Chart
from shuxiang.documents.report import report_css, report_fragment, report_html
from tests.documents import sample

VOID = {"meta", "img", "br"}


class Page(HTMLParser):
    """Collects headings, links, ids and tables, and insists on matching tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[tuple[str, str]] = []
        self.links: dict[str, str] = {}
        self.ids: list[str] = []
        self.attributes: set[str] = set()
        self.images: list[dict[str, str | None]] = []
        self.rows: list[list[str]] = []
        self.href = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.attributes |= set(given)
        if tag not in VOID:
            self.open.append(tag)
        if given.get("id"):
            self.ids.append(given["id"] or "")
        if tag == "img":
            self.images.append(given)
        if tag in ("h1", "h2", "h3"):
            self.headings.append((tag, ""))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag == "a":
            self.href = given.get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"h1", "h2", "h3"} & set(self.open):
            tag, text = self.headings.pop()
            self.headings.append((tag, text + data))
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data
        if "a" in self.open:
            self.links[data] = self.href


@pytest.fixture(scope="module")
def fragment() -> str:
    return report_fragment(sample.report(), chart_src=lambda chart: f"/charts/{chart.name}.svg")


def test_headings_in_the_form_of_a_report(fragment: str) -> None:
    assert Page(fragment).headings == [
        ("h1", "星河区图书馆 2020 年年报"),
        ("h2", "一、疫情防控与有序开放"),
        ("h2", "二、阵地服务"),
        ("h3", "（一）办证服务"),
        ("h3", "（二）馆藏利用"),
        ("h2", "三、群众文化活动"),
        ("h2", "四、党建工作"),
        ("h2", "五、队伍建设"),
        ("h2", "六、存在问题"),
        ("h2", "附件 1　各月业务量"),
        ("h2", "附件 2　按中图法大类统计"),
        ("h2", "附件 3　指标口径与来源"),
        ("h2", "附件 4　数据核对与说明"),
    ]


def test_every_number_links_to_its_rows_or_its_definition(fragment: str) -> None:
    page = Page(fragment)
    assert page.links["23000人次"] == "/statistics/2020/visit_gate/"
    assert page.links["26110册次"] == "/statistics/2020/loan_volumes/"
    assert page.links["31450人次"] == "#figure-visit_gate-all"
    assert page.links["641张"] == "#figure-registrations"
    assert page.links["2210"] == "/rows/1/"
    inside = {href[1:] for href in page.links.values() if href.startswith("#")}
    assert inside <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))


def test_figure_table_with_last_year_and_comparability(fragment: str) -> None:
    rows = Page(fragment).rows
    assert ["进馆人次", "本馆", "23000", "41200", "-44.2%", "人次"] in rows
    assert ["进馆人次", "含分馆", "31450", "52008", "上年未含服务点", "人次"] in rows
    assert ["线上服务人次", "本馆", "缺（网站改版期间未计数）", "1200", "—", "人次"] in rows
    assert ["线上讲座", "本馆", "≥80", "缺（无上年数据）", "—", "场次"] in rows


def test_definitions_say_method_source_version_and_ledger_rows(fragment: str) -> None:
    assert [
        "外借册次",
        "本馆",
        "26110 册次",
        "借出一册计一册次，不含续借",
        "系统",
        "1",
        "12–14998",
    ] in Page(fragment).rows


def test_missing_months_are_never_zero(fragment: str) -> None:
    rows = Page(fragment).rows
    assert ["2月", "0", "缺（系统切换，数据未补录）", "2890"] in rows
    assert ["3月", "0", "0", "3344"] in rows
    assert ["合计", "23000", "≥26110", "43220"] in rows


def test_each_chart_is_an_image_with_words_and_a_table_twin(fragment: str) -> None:
    page = Page(fragment)
    assert [(image["src"], bool(image["alt"])) for image in page.images] == [
        ("/charts/monthly.svg", True),
        ("/charts/against-last-year.svg", True),
        ("/charts/by-class.svg", True),
    ]
    assert ["2月", "缺", "2890"] in page.rows
    assert fragment.count("<details>") == 3


def test_the_fragment_obeys_a_strict_content_policy(fragment: str) -> None:
    page = Page(fragment)
    assert "style" not in page.attributes
    assert not {name for name in page.attributes if name.startswith("on")}
    assert "<script" not in fragment
    assert "<style" not in fragment


def test_hostile_text_is_printed_and_not_obeyed(fragment: str) -> None:
    assert "&lt;b&gt;&amp;amp;" in fragment
    assert "<b>" not in fragment


def test_findings_show_who_signed(fragment: str) -> None:
    assert "（馆长 李某某，2021年1月18日）" in fragment


def test_a_draft_is_marked_and_shows_what_is_unsigned() -> None:
    issued = sample.report()
    open_finding = replace(issued.findings[0], signed_by="")
    draft = replace(issued, issued_on=None, findings=(open_finding,))
    html = report_fragment(draft, chart_src=lambda _chart: "")
    assert "annual-report-draft" in html
    assert html.count("草稿，未签发") == 2
    assert "尚无签字说明，不得发布。" in html
    assert "annual-report-draft" not in report_fragment(issued, chart_src=lambda _chart: "")


def test_the_file_stands_alone_and_says_so_in_its_policy() -> None:
    html = report_html(sample.report())
    page = Page(html)
    assert all(
        (image["src"] or "").startswith("data:image/svg+xml;base64,") for image in page.images
    )
    style = re.search("<style>(.*?)</style>", html, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(sha256(style[1].encode()).digest()).decode()
    assert f"sha256-{digest}" in html
    assert "style" not in page.attributes


def test_the_same_report_is_the_same_file() -> None:
    assert report_html(sample.report()) == report_html(sample.report())


def test_the_style_sheet_touches_the_report_only() -> None:
    selectors = re.findall(r"(?:^|[},])\s*([.@a-z][^{},]*)(?=[{,])", report_css())
    assert selectors
    assert all(one.startswith((".annual-report", "@media", "@page")) for one in selectors)


def test_charts_are_asked_for_by_name() -> None:
    asked: list[Chart] = []

    def address(chart: Chart) -> str:
        asked.append(chart)
        return f'/c?a=1&b="{chart.name}"'

    html = report_fragment(sample.report(), chart_src=address)
    assert [chart.name for chart in asked] == ["monthly", "against-last-year", "by-class"]
    assert 'src="/c?a=1&amp;b=&quot;monthly&quot;"' in html
