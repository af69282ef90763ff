"""Made-up readers: plausible, and certainly nobody."""

from __future__ import annotations

import random
from datetime import date

from shuxiang.apps.patrons.identity import age_on, phone_valid
from shuxiang.demo import people
from shuxiang.demo.people import Reader
from shuxiang.formats.identifiers import parse_id_number

DAY = date(2019, 7, 6)


def _made() -> list[Reader]:
    return people.readers([(DAY, "main")] * 600, random.Random(7))


def test_numbers_are_well_formed_and_nobodys() -> None:
    readers = _made()
    given = [r.document for r in readers if r.document]
    given += [r.guardian.document for r in readers if r.guardian and r.guardian.document]
    parsed = [parse_id_number(d.number, today=DAY) for d in given]
    assert all(p.valid for p in parsed)
    # No region's code begins with 99, no operator's numbers with 100.
    assert {d.number[:2] for d in given} == {"99"}
    phones = [r.phone for r in readers if r.phone]
    phones += [r.guardian.phone for r in readers if r.guardian]
    assert all(phone_valid(p) and p.startswith("100") for p in phones)


def test_documents_agree_with_birth_and_sex() -> None:
    for reader in _made():
        if reader.document:
            parsed = parse_id_number(reader.document.number)
            assert parsed.birth_date == reader.born_on
            assert parsed.sex == {"M": "male", "F": "female"}[reader.sex]


def test_children_have_guardians_of_age_and_the_separate_consent() -> None:
    readers = _made()
    children = [r for r in readers if r.is_child]
    assert 0.30 < len(children) / len(readers) < 0.40
    for child in children:
        assert child.guardian is not None
        assert child.guardian.document is not None
        born = parse_id_number(child.guardian.document.number).birth_date
        assert born is not None
        assert age_on(born, DAY) >= 25
        assert age_on(child.born_on, DAY) <= 14
        assert {c.purpose for c in child.consents} == {"reader-data", "child-data"}


def test_nobody_twice_and_the_same_every_time() -> None:
    readers = _made()
    assert len({(r.name, r.born_on) for r in readers}) == len(readers)
    assert readers == _made()
