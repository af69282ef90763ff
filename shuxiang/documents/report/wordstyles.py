"""Page and styles of the Word form: sizes and fonts of GB/T 9704-2012 §5 to §7."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shuxiang.documents import fonts

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

TEXT_WIDTH_MM = 156
"""Width of the type area (版心), §5.2."""

LINE_PT = 28
"""Height of a line of text in points, so that a page holds 22 lines, §5.2."""

ERHAO, SANHAO, SIHAO, XIAOSI, WUHAO = 22, 16, 14, 12, 10.5
"""Chinese sizes 二号, 三号, 四号, 小四, 五号 in points."""

SIGNATURE, PICTURE, TABLE_TEXT, TABLE_NOTE = (
    "Report Signature",
    "Report Picture",
    "Report Table",
    "Report Table Note",
)


def prepare(document: WordDocument) -> None:
    """Give an empty document the page, the styles, the page numbers and the font substitutes."""
    _page(document)
    _styles(document)
    _page_numbers(document)
    _font_table(document)


def _page(document: WordDocument) -> None:
    from docx.shared import Mm

    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.footer_distance = Mm(25)


def _styles(document: WordDocument) -> None:
    from docx.enum.style import WD_STYLE_TYPE
    from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
    from docx.shared import Pt, RGBColor

    def style(
        name: str,
        font: fonts.WordFont,
        size: float,
        *,
        align: WD_ALIGN_PARAGRAPH = WD_ALIGN_PARAGRAPH.JUSTIFY,
        indent_characters: int = 0,
        right_characters: int = 0,
        exact: bool = True,
        before: float = 0,
        after: float = 0,
        bold: bool = False,
    ) -> None:
        existing = {one.name for one in document.styles}
        if name not in existing:
            document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        made: Any = document.styles[name]
        made.font.size, made.font.bold, made.font.italic = Pt(size), bold, False
        made.font.color.rgb = RGBColor(0, 0, 0)
        _fonts(made.element, font)
        shape = made.paragraph_format
        shape.alignment = align
        shape.space_before, shape.space_after = Pt(before), Pt(after)
        shape.widow_control = True
        if exact:
            shape.line_spacing_rule = WD_LINE_SPACING.EXACTLY
            shape.line_spacing = Pt(LINE_PT)
        else:
            shape.line_spacing_rule = WD_LINE_SPACING.SINGLE
        _character_indents(made.element, indent_characters, right_characters)

    left, centre, right = (
        WD_ALIGN_PARAGRAPH.LEFT,
        WD_ALIGN_PARAGRAPH.CENTER,
        WD_ALIGN_PARAGRAPH.RIGHT,
    )
    style("Normal", fonts.BODY_FONT, SANHAO)
    style("Body Text", fonts.BODY_FONT, SANHAO, indent_characters=2)
    style("Title", fonts.TITLE_FONT, ERHAO, align=centre, exact=False, before=28, after=28)
    _without_border(document.styles["Title"].element)
    style("Heading 1", fonts.HEADING_FONT, SANHAO, align=left, indent_characters=2)
    style("Heading 2", fonts.SUBHEADING_FONT, SANHAO, align=left, indent_characters=2)
    style(
        "Caption",
        fonts.HEADING_FONT,
        XIAOSI,
        align=centre,
        exact=False,
        before=6,
        after=4,
    )
    style(SIGNATURE, fonts.BODY_FONT, SANHAO, align=right, right_characters=4)
    style(PICTURE, fonts.BODY_FONT, SANHAO, align=centre, exact=False, before=8)
    style(TABLE_TEXT, fonts.BODY_FONT, WUHAO, align=left, exact=False, before=2, after=2)
    style(TABLE_NOTE, fonts.BODY_FONT, WUHAO, align=left, exact=False, before=2, after=8)
    document.styles["Heading 1"].paragraph_format.keep_with_next = True
    document.styles["Heading 2"].paragraph_format.keep_with_next = True


def _fonts(element: Any, font: fonts.WordFont) -> None:
    from docx.oxml.ns import qn

    holder = element.get_or_add_rPr().get_or_add_rFonts()
    # A theme font in a style beats the named one, so none may stay.
    for attribute in list(holder.attrib):
        del holder.attrib[attribute]
    for slot in ("ascii", "hAnsi", "cs", "eastAsia"):
        holder.set(qn(f"w:{slot}"), font.name)


def _character_indents(element: Any, first: int, right: int) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    paragraph = element.get_or_add_pPr()
    for old in paragraph.findall(qn("w:ind")):
        paragraph.remove(old)
    if not first and not right:
        return
    indent = OxmlElement("w:ind")
    # In hundredths of a character: it stays two characters when someone changes the size.
    if first:
        indent.set(qn("w:firstLineChars"), str(first * 100))
        indent.set(qn("w:firstLine"), str(first * SANHAO * 20))
    if right:
        indent.set(qn("w:rightChars"), str(right * 100))
        indent.set(qn("w:right"), str(right * SANHAO * 20))
    paragraph.insert_element_before(
        indent,
        "w:contextualSpacing",
        "w:jc",
        "w:textAlignment",
        "w:outlineLvl",
        "w:rPr",
    )


def _without_border(element: Any) -> None:
    from docx.oxml.ns import qn

    for border in element.pPr.findall(qn("w:pBdr")):
        element.pPr.remove(border)


def _page_numbers(document: WordDocument) -> None:
    """— 1 — in 宋体 四号, at the outer side, §7.5."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    document.settings.odd_and_even_pages_header_footer = True
    section = document.sections[0]
    for footer, side in (
        (section.footer, WD_ALIGN_PARAGRAPH.RIGHT),
        (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT),
    ):
        footer.is_linked_to_previous = False
        paragraph = footer.paragraphs[0]
        paragraph.alignment = side
        for text in ("— ", None, " —"):
            run = paragraph.add_run(text or "")
            run.font.size = Pt(SIHAO)
            _fonts(run._r, fonts.PAGE_FONT)
            if text is None:
                _page_field(run._r)


def _page_field(run: Any) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    for kind in ("begin", "instruction", "separate", "shown", "end"):
        if kind == "instruction":
            part = OxmlElement("w:instrText")
            part.set(qn("xml:space"), "preserve")
            part.text = " PAGE "
        elif kind == "shown":
            part = OxmlElement("w:t")
            part.text = "1"
        else:
            part = OxmlElement("w:fldChar")
            part.set(qn("w:fldCharType"), kind)
        run.append(part)


def _font_table(document: WordDocument) -> None:
    """Name the substitutes, so that a computer without 小标宋 takes one we chose."""
    from xml.sax.saxutils import quoteattr

    entries = "".join(
        f"<w:font w:name={quoteattr(font.name)}>"
        f"<w:altName w:val={quoteattr(','.join(font.substitutes))}/>"
        '<w:charset w:val="86"/><w:family w:val="auto"/><w:pitch w:val="variable"/></w:font>'
        for font in fonts.WORD_FONTS
    )
    table = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        '<w:fonts xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        f"{entries}</w:fonts>"
    )
    for part in document.part.package.iter_parts():
        if part.partname == "/word/fontTable.xml":
            part._blob = table.encode()
