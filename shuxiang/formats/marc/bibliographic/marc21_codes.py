"""Codes of MARC 21 and what CNMARC calls the same thing."""

from __future__ import annotations

from typing import Final

from shuxiang.formats.marc.bibliographic.model import Kind

KINDS: Final[dict[str, Kind]] = {
    "a": "book",
    "t": "manuscript",
    "c": "score",
    "d": "score",
    "e": "map",
    "f": "map",
    "g": "video",
    "i": "spoken",
    "j": "music",
    "k": "graphic",
    "m": "electronic",
    "o": "multimedia",
    "p": "multimedia",
    "r": "object",
}
AUDIENCE: Final = {"a": "b", "b": "c", "c": "d", "d": "e", "e": "m", "f": "k", "g": "m", "j": "a"}
GENRE: Final = {
    "0": "y",
    "1": "a",
    "d": "b",
    "e": "c",
    "f": "a",
    "h": "d",
    "i": "e",
    "j": "f",
    "p": "g",
    "s": "h",
    "m": "z",
}
FORMS: Final = {
    "6": "comics",
    "a": "abstracts",
    "b": "bibliography",
    "c": "catalogue",
    "d": "dictionary",
    "e": "encyclopedia",
    "i": "index",
    "l": "laws",
    "m": "thesis",
    "r": "directory",
    "s": "statistics",
    "t": "technical_report",
    "u": "standard",
    "z": "treaty",
}
COUNTRIES: Final = {
    "cc": "CN",
    "ch": "TW",
    "hk": "HK",
    "mh": "MO",
    "ja": "JP",
    "ko": "KR",
    "si": "SG",
    "gw": "DE",
    "fr": "FR",
    "ru": "RU",
    "it": "IT",
    "sp": "ES",
}
# Last letter of the three-letter codes of states and constituent countries.
REGIONS: Final = {"u": "US", "k": "GB", "c": "CA", "a": "AU"}
RELATORS: Final = {
    "aut": "著",
    "edt": "编",
    "com": "选编",
    "trl": "译",
    "ill": "绘",
    "art": "画",
    "pht": "摄影",
    "adp": "改编",
    "ann": "注释",
    "nrt": "口述",
}
