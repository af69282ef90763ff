"""The report as a Word file, opened again with python-docx."""

from __future__ import annotations

import io
import struct
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from shuxiang.documents.report import report_docx, report_docx_both
from tests.documents import sample


@cache
def made() -> bytes:
    return report_docx(sample.report())


def opened() -> WordDocument:
    return Document(io.BytesIO(made()))


def paragraphs(style: str) -> list[str]:
    return [p.text for p in opened().paragraphs if p.style is not None and p.style.name == style]


def test_headings() -> None:
    assert paragraphs("Title") == ["星河区图书馆 2020 年年报"]
    assert paragraphs("Heading 1") == [
        "一、疫情防控与有序开放",
        "二、阵地服务",
        "三、群众文化活动",
        "四、党建工作",
        "五、队伍建设",
        "六、存在问题",
        "附件 1　各月业务量",
        "附件 2　按中图法大类统计",
        "附件 3　指标口径与来源",
        "附件 4　数据核对与说明",
        "附件 5　图表",
    ]
    assert paragraphs("Heading 2") == ["（一）办证服务", "（二）馆藏利用"]
    assert paragraphs("Report Signature") == ["星河区图书馆", "2021年1月20日"]


def test_text_holds_figures_and_hostile_text_literally() -> None:
    body = paragraphs("Body Text")
    assert body[0] == (
        "2020 年，星河区图书馆一手抓防控、一手抓服务，全年进馆 23000人次，"
        "外借 26110册次，下降 39.6%。现将全年工作报告如下："
    )
    assert "读者最爱文学。" + sample.HOSTILE in body


def test_tables_are_real_and_exact() -> None:
    tables = [[[cell.text for cell in row.cells] for row in t.rows] for t in opened().tables]
    assert [len(table) for table in tables] == [6, 14, 24, 7]
    assert tables[0][1] == ["进馆人次", "本馆", "23000", "41200", "-44.2%", "人次"]
    assert tables[0][4] == ["线上服务人次", "本馆", "缺（网站改版期间未计数）", "1200", "—", "人次"]
    assert tables[1][2] == ["2月", "0", "缺（系统切换，数据未补录）", "2890"]
    assert tables[1][13] == ["合计", "23000", "≥26110", "43220"]
    assert tables[2][9] == ["I 文学", "911", "182"]
    header = opened().tables[1].rows[0]._tr.trPr
    assert header is not None
    assert header.find(qn("w:tblHeader")) is not None


def test_charts_are_300_dpi_pictures_with_words() -> None:
    document = opened()
    shapes = document.inline_shapes
    assert [s._inline.docPr.get("name") for s in shapes] == [
        "monthly",
        "against-last-year",
        "by-class",
    ]
    assert all(shape._inline.docPr.get("descr") for shape in shapes)
    with zipfile.ZipFile(io.BytesIO(made())) as archive:
        pictures = [archive.read(n) for n in sorted(archive.namelist()) if n.endswith(".png")]
    pixels = [struct.unpack(">I", picture[16:20])[0] for picture in pictures]
    inches = shapes[0].width / Mm(25.4)
    assert len(pictures) == 3
    assert all(count / inches >= 300 for count in pixels)


def test_charts_stand_in_a_last_appendix_and_can_be_left_out() -> None:
    both = report_docx_both(sample.report())
    assert both == (made(), report_docx(sample.report(), charts=False))
    assert report_docx_both(sample.report(), charts=False)[0] == b""
    document = opened()
    last = [p.text for p in document.paragraphs if p.style and p.style.name == "Heading 1"][-1]
    texts = [p.text for p in document.paragraphs]
    captions = [text for text in texts if text.startswith("图 ")]
    assert [text.split("　")[0] for text in captions] == ["图 1", "图 2", "图 3"]
    assert texts.index(last) < texts.index(captions[0])
    plain = Document(io.BytesIO(both[1]))
    assert len(plain.inline_shapes) == 0
    assert [p.text for p in plain.paragraphs] == texts[: texts.index(last)]
    assert len(plain.tables) == len(document.tables)
    with zipfile.ZipFile(io.BytesIO(both[1])) as archive:
        assert not [n for n in archive.namelist() if n.startswith("word/media")]


def test_a_report_without_charts_has_no_appendix_of_them() -> None:
    report = sample.report()
    bare = replace(
        report,
        sections=tuple(
            replace(s, charts=(), parts=tuple(replace(p, charts=()) for p in s.parts))
            for s in report.sections
        ),
        appendix=tuple(replace(s, charts=()) for s in report.appendix),
    )
    assert bare.charts == ()
    with_charts, without = report_docx_both(bare)
    assert with_charts == without
    assert "图表" not in "".join(p.text for p in Document(io.BytesIO(without)).paragraphs)


def test_page_and_styles_follow_gb_t_9704() -> None:
    document = opened()
    section = document.sections[0]
    mm = [
        round(length / Mm(1))
        for length in (
            section.page_width or 0,
            section.page_height or 0,
            section.top_margin or 0,
            section.left_margin or 0,
            section.right_margin or 0,
            section.bottom_margin or 0,
        )
    ]
    assert mm == [210, 297, 37, 28, 26, 35]
    fonts = {}
    for name in ("Title", "Body Text", "Heading 1", "Heading 2"):
        style = document.styles[name]
        east_asia = style.element.rPr.rFonts.get(qn("w:eastAsia"))
        assert not [key for key in style.element.rPr.rFonts.attrib if "Theme" in key]
        fonts[name] = (east_asia, style.font.size)
    assert fonts == {
        "Title": ("方正小标宋简体", Pt(22)),
        "Body Text": ("仿宋_GB2312", Pt(16)),
        "Heading 1": ("黑体", Pt(16)),
        "Heading 2": ("楷体_GB2312", Pt(16)),
    }
    body = document.styles["Body Text"].paragraph_format
    assert body.line_spacing == Pt(28)
    for paragraph in document.paragraphs:
        if paragraph.style is not None and paragraph.style.name == "Report Signature":
            assert paragraph.style.paragraph_format.alignment == WD_ALIGN_PARAGRAPH.RIGHT
    indent = document.styles["Body Text"].element.pPr.find(qn("w:ind"))
    assert indent.get(qn("w:firstLineChars")) == "200"


def test_substitutes_are_named_and_pages_numbered() -> None:
    with zipfile.ZipFile(io.BytesIO(made())) as archive:
        table = archive.read("word/fontTable.xml").decode()
        footers = [archive.read(n).decode() for n in archive.namelist() if "footer" in n]
    assert '<w:font w:name="仿宋_GB2312"><w:altName w:val="仿宋,FangSong,' in table
    assert len([f for f in footers if "PAGE" in f and "— " in f]) == 2


def test_no_clock_and_the_same_bytes() -> None:
    properties = opened().core_properties
    assert properties.created == datetime(2021, 1, 20, tzinfo=UTC)
    assert properties.author == "星河区图书馆"
    with zipfile.ZipFile(io.BytesIO(made())) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert report_docx(sample.report()) == made()


def test_a_draft_says_so() -> None:
    document = Document(io.BytesIO(report_docx(sample.report(issued=False))))
    assert "草稿，未签发" in [paragraph.text for paragraph in document.paragraphs]
