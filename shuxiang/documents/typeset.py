"""Compile our typst templates with data.

Data reaches a template as one JSON text in ``sys.inputs``; nothing is ever pasted into typst
source, so a title such as ``#panic("x")`` is printed as it stands and cannot run. Templates use no
packages from the network and the fonts of the font package only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from shuxiang.documents.errors import DocumentError, FontsMissing
from shuxiang.documents.fonts import typst_fonts

TEMPLATES = Path(__file__).parent / "templates"

PdfStandard = Literal["ua-1", "a-2b", "a-3a"]
"""PDF/UA-1 (ISO 14289-1, accessible) or PDF/A-2b, A-3a (ISO 19005, archived)."""

EPOCH = 0


def typeset(
    template_name: str,
    data: Mapping[str, Any],
    *,
    pdf_standard: PdfStandard | None = None,
    timestamp: int = EPOCH,
) -> bytes:
    """Return the PDF of ``templates/<template_name>.typ`` filled with ``data``.

    ``data`` must be JSON values. ``timestamp`` is the creation time written into the file, in Unix
    seconds; it is fixed by default, so the same data give the same bytes. Raises FontsMissing when
    the font family is not found, DocumentError when the template refuses the data or a character
    cannot be printed under ``pdf_standard``.
    """
    standards = [pdf_standard] if pdf_standard else []
    pages = _compile(
        template_name, data, format="pdf", pdf_standards=standards, timestamp=timestamp
    )
    return pages[0]


def raster(template_name: str, data: Mapping[str, Any], *, ppi: float) -> bytes:
    """Return the first page of the filled template as PNG at ``ppi`` pixels an inch."""
    return _compile(template_name, data, format="png", ppi=ppi)[0]


def _compile(template_name: str, data: Mapping[str, Any], **options: Any) -> list[bytes]:
    import typst

    path = TEMPLATES / f"{template_name}.typ"
    if not path.is_file():
        raise DocumentError(f"There is no template {template_name}.typ in {TEMPLATES}.")
    compiler = typst.Compiler(
        input=str(path),
        root=str(TEMPLATES),
        font_paths=typst_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    try:
        output, warnings = compiler.compile_with_warnings(**options)
    except typst.TypstError as error:
        raise DocumentError(f"{template_name}.typ: {error.message}") from error
    missing = [w.message for w in warnings if "unknown font family" in w.message]
    if missing:
        raise FontsMissing(f"{template_name}.typ: {missing[0]}. Run `make setup`.")
    if output is None:
        raise DocumentError(f"{template_name}.typ came out empty.")
    return output if isinstance(output, list) else [output]
