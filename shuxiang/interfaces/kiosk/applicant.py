"""Who asks for a card, as far as the screens have come: sealed in the page, gone with the page."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import msgspec

from shuxiang.apps.patrons import commands, queries
from shuxiang.apps.patrons.commands import ConsentGiven, GuardianGiven, IdentityDocument
from shuxiang.apps.places import queries as places
from shuxiang.formats.identifiers import parse_id_number
from shuxiang.interfaces.common import consents
from shuxiang.kernel import clock
from shuxiang.runtime.secrets import decrypt, encrypt

LONGEST = timedelta(minutes=15)
KIND = "idcard"


class Applicant(msgspec.Struct, frozen=True, kw_only=True):
    """What was given so far. ``key`` is the request key of the card, ``agreed`` are the purposes
    consented to."""

    begun: datetime
    key: str
    agreed: tuple[str, ...] = ()
    name: str = ""
    number: str = ""
    guardian_name: str = ""
    guardian_number: str = ""
    relation: str = ""
    phone: str = ""

    def token(self) -> str:
        return encrypt(msgspec.json.encode(self).decode())

    def born_on(self, today: date) -> date | None:
        found = parse_id_number(self.number, today=today)
        return found.birth_date if found.valid else None

    def is_child(self, today: date) -> bool:
        """Under 14: a guardian answers, by law."""
        born = self.born_on(today)
        if born is None:
            return False
        age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
        return age < queries.GUARDIAN_BY_LAW

    def given(self, today: date, place: str) -> commands.Given:
        """For the command, at the place of the machine."""
        guardian = None
        if self.guardian_number:
            guardian = GuardianGiven(
                name=self.guardian_name,
                relation=self.relation,
                phone=self.phone,
                document=IdentityDocument(KIND, self.guardian_number),
            )
        return commands.Given(
            name=self.name,
            category=category(self.born_on(today), today, place),
            document=IdentityDocument(KIND, self.number),
            phone="" if guardian else self.phone,
            guardian=guardian,
            consents=tuple(ConsentGiven(p, consents.VERSION) for p in self.agreed),
        )


def applicant(token: str) -> Applicant | None:
    """What a page carries; None where it carries nothing, something not ours, or it is too old."""
    try:
        found = msgspec.json.decode(decrypt(token[:8000]), type=Applicant)
    except (ValueError, msgspec.MsgspecError):
        return None
    return found if clock.now() - found.begun < LONGEST else None


def category(born_on: date | None, today: date, place: str) -> str:
    """Of the categories that machines issue, the one with the narrowest ages that a person of this age is
    of; '' for none."""
    offered = str(places.setting(place, "cards.by_machine").value).split()
    age = (
        today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))
        if born_on
        else None
    )
    fitting = [
        (most - least, number, c.code)
        for number, c in enumerate(queries.categories())
        if c.code in offered
        and not c.for_groups
        and age is not None
        and (least := c.least_age or 0)
        <= age
        <= (most := 200 if c.most_age is None else c.most_age)
    ]
    return min(fitting)[2] if fitting else ""
