"""Fonts: found without the system's, and missed loudly."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from shuxiang.documents import fonts
from shuxiang.documents.errors import FontsMissing


def test_the_font_package_prints_chinese() -> None:
    fonts.check_fonts()
    assert fonts.FAMILY in fonts.typst_fonts().families()


def test_an_empty_font_folder_fails_and_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FontsMissing) as caught:
        fonts.check_fonts(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert "make setup" in str(caught.value)


def test_a_missing_font_package_fails_and_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "FONT_PACKAGE", "no_such_font_package")
    with pytest.raises(FontsMissing, match="pip install justmytype-intl-cjk"):
        fonts.font_folder()


def test_no_family_of_the_system_is_used() -> None:
    families = fonts.typst_fonts().families()
    assert "DejaVu Sans" not in families
    assert [name for name in families if name.startswith("Noto")] == [
        "Noto Sans JP",
        "Noto Sans KR",
        "Noto Sans SC",
        "Noto Sans TC",
    ]


def test_importing_documents_imports_nothing_heavy() -> None:
    program = (
        "import sys; import shuxiang.documents.report, shuxiang.documents.slips, shuxiang.documents.sheets;"
        "print(sorted({'typst', 'vl_convert', 'docx', 'openpyxl', 'django'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_manual_names_every_font_of_the_word_form_with_its_substitutes() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "guide" / "report.md").read_text("utf-8")
    for font in fonts.WORD_FONTS:
        assert f"| {font.name} | {'、'.join(font.substitutes)} |" in manual
