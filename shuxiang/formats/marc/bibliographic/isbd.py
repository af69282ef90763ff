"""The ISBD line of a publication, in the order of GB/T 3792."""

from __future__ import annotations

from shuxiang.formats.marc.bibliographic.model import Bibliographic, Series

_AREA = ". — "


def isbd(b: Bibliographic) -> str:
    """``题名 = 并列题名 : 其他题名信息 / 责任者. — 版本. — 地 : 出版者, 年. — 页 : 图 ; 尺寸…``.

    Absent elements leave out their punctuation too.
    """
    areas = [_title(b), b.edition, _imprint(b), _extent(b), _series(b.series)]
    # An area that ends in a full stop of its own does not get a second one.
    return _AREA.join([area for area in areas if area]).replace(".. — ", _AREA)


def _title(b: Bibliographic) -> str:
    text = ". ".join([part for part in (b.title, b.part_number) if part])
    if b.part_name:
        text += (", " if b.part_number else ". ") + b.part_name
    if b.medium:
        text += f" [{b.medium.strip('[]［］ ')}]"
    text += "".join([f" = {parallel}" for parallel in b.parallel_titles])
    text += "".join([f" : {other}" for other in b.other_titles])
    if b.responsibility:
        text += " / " + " ; ".join(b.responsibility)
    return text


def _imprint(b: Bibliographic) -> str:
    text = " : ".join([part for part in (b.place, b.publisher) if part])
    date = b.date_text or (str(b.year) if b.year else "")
    return ", ".join([part for part in (text, date) if part])


def _extent(b: Bibliographic) -> str:
    text = " : ".join([part for part in (b.extent, b.illustrations) if part])
    text = " ; ".join([part for part in (text, b.dimensions) if part])
    return " + ".join([part for part in (text, b.accompanying) if part])


def _series(series: tuple[Series, ...]) -> str:
    return " ".join([f"({' ; '.join([p for p in (s.title, s.volume) if p])})" for s in series])
