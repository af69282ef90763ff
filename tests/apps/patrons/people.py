"""Made-up people for the tests of this folder."""

from __future__ import annotations

from datetime import date
from typing import Any

from shuxiang.apps.patrons import commands
from shuxiang.apps.patrons.commands import ConsentGiven, GuardianGiven, IdentityDocument, Registered
from shuxiang.formats.identifiers import id_check_character
from shuxiang.kernel.context import Context

READER = (ConsentGiven("reader-data", "2020-1"),)
CHILD = (*READER, ConsentGiven("child-data", "2020-1"))


def id_number(born: date, serial: int = 1, region: str = "441602") -> str:
    """A valid made-up number; an odd serial is a man's."""
    first = f"{region}{born:%Y%m%d}{serial:03d}"
    return first + id_check_character(first)


LI = id_number(date(1990, 1, 1), 1)
WANG = id_number(date(1985, 3, 4), 22)
BOY = id_number(date(2015, 6, 30), 3)
MOTHER = GuardianGiven(
    name="王芳", relation="母亲", phone="138 0013 8000", document=IdentityDocument("idcard", WANG)
)


def adult(ctx: Context, *, number: str = LI, name: str = "李四", **values: Any) -> Registered:
    values.setdefault("category", "adult")
    values.setdefault("consents", READER)
    return commands.register(
        name=name, document=IdentityDocument("idcard", number), ctx=ctx, **values
    )


def child(ctx: Context, **values: Any) -> Registered:
    given: dict[str, Any] = {
        "name": "王小宝",
        "category": "child",
        "born_on": date(2015, 6, 30),
        "guardian": MOTHER,
        "consents": CHILD,
    }
    return commands.register(**(given | values), ctx=ctx)


def group(ctx: Context, **values: Any) -> Registered:
    """A school class with its responsible person."""
    given: dict[str, Any] = {
        "name": "实验小学三(2)班",
        "category": "group",
        "guardian": MOTHER,
        "consents": READER,
    }
    return commands.register(**(given | values), ctx=ctx)
