"""Identity documents, phones and consents as the desk takes them. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from shuxiang.formats.identifiers import narrow, parse_id_number

KINDS = (
    "idcard",
    "hukou",
    "passport",
    "hk-macau-permit",
    "taiwan-permit",
    "hmt-residence",
    "foreigner-permanent",
    "officer",
)
"""居民身份证, 户口簿, 护照, 港澳居民来往内地通行证, 台湾居民来往大陆通行证, 港澳台居民居住证,
外国人永久居留身份证, 军官证."""

READER_DATA = "reader-data"
CHILD_DATA = "child-data"
PURPOSES = (READER_DATA, CHILD_DATA)
"""Consent to the reader rules and the use of personal data; the separate consent that everything
about a child under 14 needs (个人信息保护法 28, 29, 31)."""

RESPONSIBLE = "responsible"


@dataclass(frozen=True, slots=True)
class IdentityDocument:
    """A document as read or typed: one of `KINDS` and its number."""

    kind: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardianGiven:
    """Who answers for a child (or is responsible for a group), as given at the desk."""

    name: str
    relation: str
    phone: str
    document: IdentityDocument | None = None


@dataclass(frozen=True, slots=True)
class ConsentGiven:
    """A purpose of `PURPOSES` and the version of the text that was agreed to."""

    purpose: str
    version: str


@dataclass(frozen=True, slots=True)
class CheckedDocument:
    """A document after checking.

    ``number`` is normalised; ``fault`` is '' or kind, length, characters, date, check or form.
    ``born_on`` and ``sex`` (M, F) come from an 18-character number, else None and ''.
    """

    kind: str
    number: str
    fault: str = ""
    born_on: date | None = None
    sex: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """(number space, number): what tells whether two documents are the same person's. ID card,
        household register and the two residence cards share the 18-character number of GB 11643, so
        that a child registered by the 户口簿 is known again by the 身份证."""
        return ("gb11643" if self.born_on is not None else self.kind, self.number)


_CITIZEN = ("idcard", "hukou", "hmt-residence", "foreigner-permanent")
_FORMS = {
    "passport": re.compile(r"[A-Z0-9]{5,17}"),
    "hk-macau-permit": re.compile(r"([HM]\d{8})(?:\d{2})?"),
    "taiwan-permit": re.compile(r"\d{8}|\d{10}[A-Z]?"),
    "foreigner-permanent": re.compile(r"[A-Z]{3}\d{12}"),
    "officer": re.compile(r"\w{4,24}"),
}


def check_document(document: IdentityDocument, *, today: date) -> CheckedDocument:
    """Normalise and check a document (GB 11643 where it has an 18-character number; place codes are
    advisory and never refused)."""
    kind = document.kind
    number = re.sub(r"[\s()·-]", "", narrow(document.number)).upper()
    if kind not in KINDS:
        return CheckedDocument(kind, number, "kind")
    form = _FORMS.get(kind)
    if form is not None and (found := form.fullmatch(number)):
        # The last two digits of a 回乡证 count its renewals; the person keeps the first nine.
        return CheckedDocument(kind, (found[1] or number) if form.groups else number)
    if kind not in _CITIZEN:
        return CheckedDocument(kind, number, "form")
    citizen = parse_id_number(number, today=today)
    if not citizen.valid:
        return CheckedDocument(kind, citizen.number, citizen.fault)
    if kind == "hmt-residence" and citizen.number[:2] not in ("81", "82", "83"):
        return CheckedDocument(kind, citizen.number, "form")
    sex = "M" if citizen.sex == "male" else "F"
    return CheckedDocument(kind, citizen.number, "", citizen.birth_date, sex)


def is_citizen_number(text: str) -> bool:
    """Whether the text is a whole 18-character ID number: never to be a card number."""
    return len(text) == 18 and parse_id_number(text).valid


def normalise_phone(text: str) -> str:
    """Digits of a phone number without blanks, hyphens and +86: ``138 0013-8000`` →
    ``13800138000``; other characters stay and make it invalid."""
    plain = re.sub(r"[\s()-]", "", narrow(text))
    return re.sub(r"^(\+|00)86", "", plain)


def phone_valid(normalised: str) -> bool:
    """5 to 20 digits, a leading + allowed."""
    return re.fullmatch(r"\+?\d{5,20}", normalised) is not None


def mask_phone(number: str) -> str:
    """``13800138000`` as ``138****8000``; a short one keeps its last two digits."""
    if len(number) >= 10:
        return number[:3] + "*" * (len(number) - 7) + number[-4:]
    return "*" * max(len(number) - 2, 0) + number[-2:] if number else ""


def age_on(born_on: date, on: date) -> int:
    """Completed years; who is born on 29 February turns a year older on 1 March of common years."""
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))
