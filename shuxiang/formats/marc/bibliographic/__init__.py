"""One bibliographic model, read from CNMARC and MARC 21, shown in ISBD, written as CNMARC."""

from __future__ import annotations

from shuxiang.formats.marc.bibliographic.build import general_data, to_cnmarc
from shuxiang.formats.marc.bibliographic.build21 import to_marc21
from shuxiang.formats.marc.bibliographic.cnmarc import FORMS, from_cnmarc
from shuxiang.formats.marc.bibliographic.cnmarc_titles import embedded
from shuxiang.formats.marc.bibliographic.isbd import isbd
from shuxiang.formats.marc.bibliographic.marc21 import from_marc21
from shuxiang.formats.marc.bibliographic.model import (
    Bibliographic,
    Body,
    BookNumber,
    Format,
    Kind,
    Person,
    Series,
    normalise_title,
)
from shuxiang.formats.marc.model import Record

__all__ = [
    "FORMS",
    "Bibliographic",
    "Body",
    "BookNumber",
    "Format",
    "Kind",
    "Person",
    "Series",
    "embedded",
    "from_cnmarc",
    "from_marc21",
    "from_record",
    "general_data",
    "guess_format",
    "isbd",
    "normalise_title",
    "to_cnmarc",
    "to_marc21",
]

_CNMARC_ONLY = frozenset({"200", "690", "701", "702", "711", "712", "801", "210", "225"})
_MARC21_ONLY = frozenset({"245", "008", "260", "264", "040", "650"})


def guess_format(record: Record) -> Format:
    """Which of the two formats a record follows, by its title field, else by the other tags."""
    tags = set(record.tags)
    if ("200" in tags) != ("245" in tags):
        return "cnmarc" if "200" in tags else "marc21"
    cnmarc, marc21 = len(tags & _CNMARC_ONLY), len(tags & _MARC21_ONLY)
    if cnmarc != marc21:
        return "cnmarc" if cnmarc > marc21 else "marc21"
    return "marc21" if record.leader[9:10] == "a" else "cnmarc"


def from_record(record: Record) -> Bibliographic:
    """Read a record of either format."""
    return from_cnmarc(record) if guess_format(record) == "cnmarc" else from_marc21(record)
