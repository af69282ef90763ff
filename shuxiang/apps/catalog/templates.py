"""The templates of new records that come with the system; a library puts its own in their place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

LONGEST: Final = 20_000
_NAME: Final = 40


@dataclass(frozen=True, slots=True)
class Template:
    """Lines a new record begins with. ``{date}`` (``{day}`` in six digits), ``{year}`` and
    ``{agency}`` in them stand for the day, its year and the library. ``own``: the library wrote or changed it."""

    code: str
    name: str
    format: str
    lines: str
    own: bool = False

    def filled(self, *, day: date, agency: str) -> str:
        """The lines with the day and the library put in."""
        text = self.lines.replace("{date}", f"{day:%Y%m%d}").replace("{year}", f"{day:%Y}")
        text = text.replace("{day}", f"{day:%y%m%d}")
        return text.replace("{agency}", agency)


_START = """\
LDR 00000nam0#2200000###450#
010 ##ǂaǂd
100 ##ǂa{date}d{year}    em y0chiy50      ea
101 0#ǂachi
102 ##ǂaCNǂb
"""
_BOOK_CODES = """\
105 ##ǂay   z   000yy
106 ##ǂar
"""
_TITLE = """\
200 1#ǂaǂeǂf
205 ##ǂa
210 ##ǂaǂcǂd{year}
215 ##ǂaǂcǂd
225 2#ǂaǂv
"""
_ACCESS = """\
606 0#ǂaǂx
690 ##ǂaǂv5
701 #0ǂaǂ4著
801 #0ǂaCNǂb{agency}ǂc{date}
"""
_BOOK = _START + _BOOK_CODES + _TITLE + "330 ##ǂa\n" + _ACCESS
_SET = (
    _START
    + _BOOK_CODES
    + _TITLE.replace("ǂaǂeǂf", "ǂaǂhǂiǂf")
    + "330 ##ǂa\n461 #0ǂ12001#ǂaǂv\n"
    + _ACCESS
)
_SERIAL = (
    _START.replace("00000nam0", "00000nas0")
    .replace("010 ##ǂaǂd", "011 ##ǂaǂd")
    .replace("d{year}    em", "a{year}9999em")
    + "110 ##ǂaafaz   0  0\n"
    + "200 1#ǂaǂf\n207 #0ǂa\n210 ##ǂaǂcǂd{year}-\n215 ##ǂaǂd\n326 ##ǂa\n"
    + _ACCESS.replace("701 #0ǂaǂ4著", "711 02ǂaǂ4主办")
)
_AUDIO = (
    _START.replace("00000nam0", "00000ngm0").replace("010 ##ǂaǂd", "016 ##ǂaǂd")
    + "200 1#ǂaǂb[录像制品]ǂf\n210 ##ǂaǂcǂd{year}\n215 ##ǂaǂcǂd\n330 ##ǂa\n"
    + _ACCESS.replace("ǂ4著", "ǂ4导演")
)
_MARC21 = """\
LDR 00000nam#a2200000#i#4500
008 {day}s{year}    cc            000 0 chi d
020 ##ǂaǂc
040 ##ǂa{agency}ǂbchiǂerda
084 ##ǂaǂ2clc
100 1#ǂaǂe著
245 10ǂaǂbǂc
250 ##ǂa
264 #1ǂaǂbǂc{year}
300 ##ǂaǂc
490 0#ǂaǂv
520 ##ǂa
650 #7ǂaǂ2cct
"""

SHIPPED: Final = (
    Template("book", "普通图书", "cnmarc", _BOOK),
    Template("set", "多卷书", "cnmarc", _SET),
    Template("serial", "连续出版物", "cnmarc", _SERIAL),
    Template("video", "音像资料", "cnmarc", _AUDIO),
    Template("marc21", "普通图书（MARC 21）", "marc21", _MARC21),
)


def merged(own: Mapping[str, Template]) -> tuple[Template, ...]:
    """The shipped templates with the library's in their place, then those it added by name."""
    found = [own.get(each.code, each) for each in SHIPPED]
    known = {each.code for each in SHIPPED}
    found += sorted((t for code, t in own.items() if code not in known), key=lambda t: t.name)
    return tuple(t for t in found if t.lines.strip())
