"""Dublin Core of a publication, as OAI-PMH (oai_dc) and SRU (srw_dc) give it out.

Source: DCMI Metadata Element Set 1.1; OAI-PMH 2.0 guidelines; SRU DC schema 1.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape

from shuxiang.formats.marc.bibliographic import Bibliographic, isbd

_TYPES: Final = {
    "video": "MovingImage",
    "spoken": "Sound",
    "music": "Sound",
    "graphic": "Image",
    "map": "Image",
    "electronic": "Software",
    "multimedia": "Collection",
    "object": "PhysicalObject",
}
ILLEGAL: Final = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML cannot hold."""

OAI_DC: Final = (
    '<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:schemaLocation="http://www.openarchives.org/OAI/2.0/oai_dc/ '
    'http://www.openarchives.org/OAI/2.0/oai_dc.xsd">'
)
SRW_DC: Final = (
    '<srw_dc:dc xmlns:srw_dc="info:srw/schema/1/dc-schema" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/">'
)


def elements(b: Bibliographic) -> Iterator[tuple[str, str]]:
    """Element name and value, in the usual order; values are never empty."""
    yield "title", " : ".join((b.full_title, *b.other_titles))
    people = [(p.equal, p.name) for p in b.persons] + [(o.equal, o.name) for o in b.bodies]
    for equal, name in sorted(people, key=lambda each: not each[0]):
        yield "creator" if equal else "contributor", name
    if not people:
        for text in b.responsibility:
            yield "creator", text
    for text in (*b.subjects, *b.keywords, *b.clc):
        yield "subject", text
    for text in filter(None, (b.abstract, *b.contents)):
        yield "description", text
    if b.publisher:
        yield "publisher", b.publisher
    if b.year or b.date_text:
        yield "date", str(b.year or b.date_text)
    yield "type", _TYPES.get(b.kind, "Text")
    if b.extent:
        yield "format", b.extent
    for number in b.isbns:
        if not number.cancelled:
            yield "identifier", f"ISBN {number.isbn13 or number.typed}"
    if b.issn:
        yield "identifier", f"ISSN {b.issn}"
    for link in b.links:
        yield "identifier", link
    yield "source", isbd(b)
    if b.language:
        yield "language", b.language
    for series in b.series:
        yield "relation", series.title


def to_xml(b: Bibliographic, head: str = OAI_DC) -> str:
    """The element `OAI_DC` or `SRW_DC` with what the publication says of itself."""
    inside = "".join(
        f"<dc:{name}>{escape(ILLEGAL.sub('', value))}</dc:{name}>"
        for name, value in elements(b)
        if value.strip()
    )
    return f"{head}{inside}</{head[1 : head.index(' ')]}>"
