"""81/82, 91/92: registration at machines as it is practised in China, for accounts that ask for it.

The real-name rules are those of the desk (`patrons.register`); the machine has shown the reader what
they agree to, which is why its account must be allowed to.
"""

from __future__ import annotations

from datetime import date, datetime

from shuxiang.apps.patrons import commands
from shuxiang.apps.patrons import queries as patrons
from shuxiang.interfaces.sip2 import words
from shuxiang.interfaces.sip2.handlers.asked import Asked, Fields
from shuxiang.kernel.decision import Refused

REGISTER = ("01", "11")
"""Kinds of act (XK): with a deposit and without. Others are done at the desk."""
BY_CARD, BY_DOCUMENT = "0", "1"
CONSENT = "machine"
"""The version of what the machine showed: its own."""


def register(asked: Asked) -> str:
    """81 → 82."""
    with words.spoken(asked.profile):
        if asked.message.get("XK") not in REGISTER:
            return _response(asked, "0", [("AF", words.not_possible())])
        try:
            done = commands.register(
                name=asked.message.get("AE"),
                category=_category(asked.message.get("XT")),
                document=commands.IdentityDocument("idcard", asked.message.get("XO")),
                born_on=_day(asked.message.get("XH")),
                phone=asked.message.get("MP") or asked.message.get("BP"),
                consents=(commands.ConsentGiven("reader-data", CONSENT),),
                card_number=asked.message.get("AA"),
                ctx=asked.ctx(),
            )
        except Refused as refused:
            return _response(asked, "0", [("AF", words.why_not(refused.decision))])
        said = words.registered(done.number)
        fields: Fields = [("AA", asked.profile.card_number(done.number)), ("AF", said)]
        return _response(asked, "1", fields)


def _category(named: str) -> str:
    """The reader category that XT names by code or name; adults where it names none."""
    known = patrons.categories()
    found = next((c.code for c in known if named in (c.code, c.name)), None)
    return found or named or "adult"


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text.replace("-", ""), "%Y%m%d").date()  # noqa: DTZ007
    except ValueError:
        return None


def _response(asked: Asked, ok: str, fields: Fields) -> str:
    return asked.write("82", {"ok": ok}, [("OK", ok), *fields])


def find_double(asked: Asked) -> str:
    """91 → 92: whether somebody has that card number (XK 0) or document (XK 1)."""
    if asked.message.get("XK") == BY_DOCUMENT:
        double = patrons.by_document("idcard", asked.message.get("XO")) is not None
    else:
        double = bool(patrons.cards_by_number(asked.message.get("AA")))
    with words.spoken(asked.profile):
        say = words.registered_already() if double else None
    known = "1" if double else "0"
    return asked.write("92", {"double": known}, [("AC", known), ("AF", say)])
