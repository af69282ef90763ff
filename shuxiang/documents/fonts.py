"""The fonts of every printed page.

They come from the Python package ``justmytype-intl-cjk`` (Noto Sans, SIL Open Font License 1.1), so
that no system font is needed. Word files name the fonts that GB/T 9704-2012 asks for and, beside
each, substitutes that a machine without it is likely to have.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from shuxiang.documents.errors import FontsMissing

if TYPE_CHECKING:
    import typst

FAMILY = "Noto Sans SC"
FONT_PACKAGE = "justmytype_intl_cjk"

# The probe is set beside a private-use character that no font draws: without a CJK font both come
# out as the same empty box, or both as nothing, and typst reports success either way.
PROBE = "图"
UNPRINTABLE = "\U0010fffd"


@dataclass(frozen=True, slots=True)
class WordFont:
    """A font named in a Word file, with the names to try where it is not installed."""

    name: str
    substitutes: tuple[str, ...]


TITLE_FONT = WordFont(
    "方正小标宋简体", ("方正小标宋_GBK", "小标宋", "华文中宋", "Noto Serif CJK SC")
)
BODY_FONT = WordFont("仿宋_GB2312", ("仿宋", "FangSong", "华文仿宋", "Noto Serif CJK SC"))
HEADING_FONT = WordFont("黑体", ("SimHei", "方正黑体_GBK", "Microsoft YaHei", "Noto Sans CJK SC"))
SUBHEADING_FONT = WordFont("楷体_GB2312", ("楷体", "KaiTi", "华文楷体", "LXGW WenKai"))
PAGE_FONT = WordFont("宋体", ("SimSun", "方正书宋_GBK", "Noto Serif CJK SC"))
WORD_FONTS = (TITLE_FONT, BODY_FONT, HEADING_FONT, SUBHEADING_FONT, PAGE_FONT)


def font_folder() -> Path:
    """Return the folder with our CJK fonts.

    Raises FontsMissing when the font package is not installed.
    """
    found = find_spec(FONT_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise FontsMissing(
            "No CJK fonts: the Python package justmytype-intl-cjk is not installed. "
            "Run `make setup`, or `pip install justmytype-intl-cjk` in the same environment."
        )
    return Path(next(iter(found.submodule_search_locations))) / "fonts"


@lru_cache(maxsize=4)
def typst_fonts(folder: Path | None = None) -> typst.Fonts:
    """Return the font book for typst: the given folder (ours by default), never the system's."""
    import typst

    return typst.Fonts(include_system_fonts=False, font_paths=[str(folder or font_folder())])


@lru_cache(maxsize=1)
def register_chart_fonts() -> None:
    """Tell vl-convert where our fonts are, once a process, so that labels are measured rightly."""
    import vl_convert

    vl_convert.register_font_directory(str(font_folder() / "ofl" / "notosanssc"))


def check_fonts(folder: Path | None = None) -> None:
    """Typeset one Chinese character and look whether a glyph was drawn.

    ``folder`` is where to look for fonts; by default that of the font package. Meant for start-up
    and for the build: it takes a tenth of a second. Raises FontsMissing with what to do.
    """
    where = folder or font_folder()
    if _drawing(PROBE, where) == _drawing(UNPRINTABLE, where):
        raise FontsMissing(
            f"No font in {where} can draw the character {PROBE}, so Chinese would be printed as "
            "nothing. Run `make setup` to install justmytype-intl-cjk again, or name a folder "
            f"that holds {FAMILY}."
        )


def _drawing(character: str, folder: Path) -> bytes:
    import typst

    compiler = typst.Compiler(font_paths=typst_fonts(folder), ignore_system_fonts=True)
    page = f'#set page(width: 2cm, height: 2cm)\n#set text(font: "{FAMILY}")\n{character}'
    drawing, _warnings = compiler.compile_with_warnings(input=page.encode(), format="svg")
    return bytes(drawing) if isinstance(drawing, bytes) else b"".join(drawing or [])
