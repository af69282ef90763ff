"""A title's record in the forms that others are given it in."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpResponse

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.queries import SourceView
from shuxiang.apps.places import queries as places
from shuxiang.formats.dublin_core import ILLEGAL, OAI_DC, SRW_DC, to_xml
from shuxiang.formats.marc import from_record, to_marc21
from shuxiang.formats.marc.marcxml import MARCXCHANGE_NAMESPACE, write_marcxml


def xml_answer(text: str, content_type: str) -> HttpResponse:
    """An answer in UTF-8. What XML cannot hold and a question had in it is not echoed."""
    return HttpResponse(ILLEGAL.sub("", text), content_type=f"{content_type}; charset=utf-8")


def as_xml(source: SourceView, form: str, *, changed: datetime) -> str | None:
    """The record as ``oai_dc``, ``dc`` (SRU's), ``marcxchange`` (as it came) or ``marcxml`` (MARC 21); None where its bytes can't be read."""
    record = catalog.marc(source)
    if record is None:
        return None
    if form == "marcxchange":
        kind = "MARC21" if source.format == "marc21" else "CNMARC"
        return write_marcxml(record, namespace=MARCXCHANGE_NAMESPACE, kind=kind)
    if form == "marcxml" and source.format == "marc21":
        return write_marcxml(record)
    described = from_record(record)
    if form == "marcxml":
        agency = places.main_library().code.upper()
        made = to_marc21(described, control=source.title, agency=agency, entered=changed)
        return write_marcxml(made)
    return to_xml(described, OAI_DC if form == "oai_dc" else SRW_DC)
