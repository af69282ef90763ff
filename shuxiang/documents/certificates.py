"""捐赠证书: thanks for a gift, numbered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from shuxiang.documents.typeset import typeset


@dataclass(frozen=True, slots=True)
class Certificate:
    """Whom the library thanks for what. ``number`` as it is printed; ``giver`` as they wish to be
    called."""

    number: str
    library_name: str
    giver: str
    given_on: date
    titles: int
    copies: int
    day: date


def certificate_pdf(made: Certificate) -> bytes:
    """Return the certificate as one A4 page across."""
    given = f"{made.given_on.year}年{made.given_on.month}月{made.given_on.day}日"
    return typeset(
        "certificate",
        {
            "title": "捐赠证书",
            "number": made.number,
            "library": made.library_name,
            "giver": made.giver,
            "body": f"承蒙于{given}向本馆惠赠图书{made.titles}种{made.copies}册，"
            "已登记入藏，供读者使用。化私为公，惠泽读者，深表感谢。",
            "day": f"{made.day.year}年{made.day.month}月{made.day.day}日",
        },
    )
