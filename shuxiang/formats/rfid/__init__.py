"""RFID tags of books and cards: GB/T 35660.2-2017 (ISO 28560-2)."""

from shuxiang.formats.rfid.pad import Book, Pad, Tag, of_owner, stack
from shuxiang.formats.rfid.tables import ELEMENTS, USAGES, Kind, usage
from shuxiang.formats.rfid.tag import (
    AFI_IN_LIBRARY,
    AFI_LENT,
    BLOCK,
    DSFID,
    OI,
    PII,
    SI,
    SL,
    TITLE,
    TU,
    Element,
    TagFault,
    decode,
    encode,
    set_information,
)

__all__ = [
    "AFI_IN_LIBRARY",
    "AFI_LENT",
    "BLOCK",
    "DSFID",
    "ELEMENTS",
    "OI",
    "PII",
    "SI",
    "SL",
    "TITLE",
    "TU",
    "USAGES",
    "Book",
    "Element",
    "Kind",
    "Pad",
    "Tag",
    "TagFault",
    "decode",
    "encode",
    "of_owner",
    "set_information",
    "stack",
    "usage",
]
