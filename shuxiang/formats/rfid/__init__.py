"""RFID tags of books and cards: GB/T 35660.2-2017 (ISO 28560-2)."""

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
    "OI",
    "PII",
    "SI",
    "SL",
    "TITLE",
    "TU",
    "Element",
    "TagFault",
    "decode",
    "encode",
    "set_information",
]
