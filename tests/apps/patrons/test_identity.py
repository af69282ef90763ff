from __future__ import annotations

from datetime import date

import pytest

from shuxiang.apps.patrons import identity
from shuxiang.apps.patrons.identity import IdentityDocument, check_document

TODAY = date(2020, 6, 10)


@pytest.mark.parametrize(
    ("kind", "typed", "number", "fault", "space"),
    [
        ("idcard", "11010519491231002x", "11010519491231002X", "", "gb11643"),
        ("idcard", "441602 19900101 0016", "441602199001010016", "", "gb11643"),
        ("hukou", "441602201506300027", "441602201506300027", "", "gb11643"),
        ("idcard", "110105491231002", "11010519491231002X", "", "gb11643"),
        ("idcard", "441602199001010017", "441602199001010017", "check", "idcard"),
        ("idcard", "44160219900101001", "44160219900101001", "length", "idcard"),
        ("idcard", "441602199002300016", "441602199002300016", "date", "idcard"),
        ("idcard", "4416O2199001010016", "4416O2199001010016", "characters", "idcard"),
        ("hmt-residence", "441602199001010016", "441602199001010016", "form", "gb11643"),
        ("passport", "e 1234 5678", "E12345678", "", "passport"),
        ("passport", "E12", "E12", "form", "passport"),
        ("hk-macau-permit", "H12345678", "H12345678", "", "hk-macau-permit"),
        ("hk-macau-permit", "h1234567802", "H12345678", "", "hk-macau-permit"),
        ("hk-macau-permit", "X12345678", "X12345678", "form", "hk-macau-permit"),
        ("taiwan-permit", "01234567", "01234567", "", "taiwan-permit"),
        ("foreigner-permanent", "USA440172010100", "USA440172010100", "", "foreigner-permanent"),
        ("officer", "军字第1234567号", "军字第1234567号", "", "officer"),
        ("driving", "1", "1", "kind", "driving"),
    ],
)
def test_documents_are_normalised_and_checked(
    kind: str, typed: str, number: str, fault: str, space: str
) -> None:
    checked = check_document(IdentityDocument(kind, typed), today=TODAY)
    assert (checked.number, checked.fault) == (number, fault)
    if fault != "form" or kind != "hmt-residence":
        assert checked.key == (space, number)


def test_birth_and_sex_come_from_the_number() -> None:
    checked = check_document(IdentityDocument("idcard", "441602199001010016"), today=TODAY)
    assert (checked.born_on, checked.sex) == (date(1990, 1, 1), "M")
    girl = check_document(IdentityDocument("hukou", "441602201506300027"), today=TODAY)
    assert (girl.born_on, girl.sex) == (date(2015, 6, 30), "F")


def test_a_birth_to_come_is_a_wrong_number() -> None:
    later = IdentityDocument("idcard", "441602201506300027")
    assert check_document(later, today=date(2015, 6, 29)).fault == "date"


@pytest.mark.parametrize(
    ("typed", "plain", "valid", "masked"),
    [
        ("138 0013-8000", "13800138000", True, "138****8000"),
        ("+86 13800138000", "13800138000", True, "138****8000"),
        ("(0762) 3388123", "07623388123", True, "076****8123"),
        ("３３８８１２３", "3388123", True, "*****23"),
        ("", "", False, ""),
        ("call me", "callme", False, "****me"),
    ],
)
def test_phones(typed: str, plain: str, valid: bool, masked: str) -> None:
    assert identity.normalise_phone(typed) == plain
    assert identity.phone_valid(plain) is valid
    assert identity.mask_phone(plain) == masked


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        (date(2006, 6, 10), date(2020, 6, 10), 14),
        (date(2006, 6, 11), date(2020, 6, 10), 13),
        (date(2004, 2, 29), date(2018, 2, 28), 13),
        (date(2004, 2, 29), date(2018, 3, 1), 14),
        (date(2020, 6, 10), date(2020, 6, 10), 0),
    ],
)
def test_age(born: date, on: date, age: int) -> None:
    assert identity.age_on(born, on) == age
