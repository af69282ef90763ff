"""Reading a PDF back: its text and its ink."""

from __future__ import annotations

from dataclasses import dataclass

import pypdfium2


@dataclass(frozen=True)
class Page:
    """A page as grey pixels, a byte each, row by row."""

    width: int
    height: int
    pixels: bytes

    def ink(self, left: int, top: int, right: int, bottom: int) -> int:
        """Number of pixels in the box that are not white."""
        return sum(
            self.width_of(self.pixels[y * self.width + left : y * self.width + right])
            for y in range(top, bottom)
        )

    @staticmethod
    def width_of(row: bytes) -> int:
        return len(row) - row.count(255)

    def as_image(self) -> memoryview:
        return memoryview(self.pixels).cast("B", shape=[self.height, self.width])


def text(pdf: bytes) -> str:
    """All text of all pages, white space and soft breaks taken out."""
    document = pypdfium2.PdfDocument(pdf)
    raw = "".join(page.get_textpage().get_text_range() for page in document)
    return "".join(c for c in raw if not c.isspace() and c not in "\u200b\ufffe\x02")


def pages(pdf: bytes, dpi: int = 100) -> list[Page]:
    found = []
    for page in pypdfium2.PdfDocument(pdf):
        bitmap = page.render(scale=dpi / 72, grayscale=True)
        raw, stride = bytes(bitmap.buffer), bitmap.stride
        rows = b"".join(raw[y * stride : y * stride + bitmap.width] for y in range(bitmap.height))
        found.append(Page(bitmap.width, bitmap.height, rows))
    return found


def bookmarks(pdf: bytes) -> list[str]:
    return [item.get_title() for item in pypdfium2.PdfDocument(pdf).get_toc()]


def edge_ink(pdf: bytes, millimetres: float) -> int:
    """Ink within so many millimetres of the left and right edges of any page."""
    dpi = 100
    edge = round(millimetres / 25.4 * dpi)
    return sum(
        page.ink(0, 0, edge, page.height) + page.ink(page.width - edge, 0, page.width, page.height)
        for page in pages(pdf, dpi)
    )
