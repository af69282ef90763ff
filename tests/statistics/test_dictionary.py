from __future__ import annotations

from pathlib import Path

import pytest

from shuxiang.statistics import dictionary, fold
from shuxiang.statistics import indicators as catalogue
from shuxiang.statistics.cross_checks import MEASURE_ZH, SUMMED
from shuxiang.statistics.indicators import INDICATORS, Indicator, find, in_force

DOCUMENT = Path(__file__).parents[2] / "docs" / "indicators.md"


def test_the_document_is_in_step_with_the_code_w2() -> None:
    assert DOCUMENT.read_text("utf-8") == dictionary.text(), (
        "run: python -m shuxiang.statistics.dictionary > docs/indicators.md"
    )


def test_every_definition_is_complete_w2() -> None:
    keys = [(one.code, one.version) for one in INDICATORS]
    assert len(keys) == len(set(keys))
    known = set(fold.MEASURES)
    for one in INDICATORS:
        assert one.rule and one.unit and one.standard  # noqa: PT018
        assert {term.measure for term in one.terms} <= known
        assert bool(one.terms) == one.from_ledger
    assert set(MEASURE_ZH) == set(SUMMED)


def test_the_issue_asks_for_these_w2() -> None:
    asked = {"visit_gate", "read_vol", "loan_person", "loan_vol", "cards_new", "coll", "new_coll",
             "active_reader", "renew_vol", "return_vol", "cards_valid", "open_days"}  # fmt: skip
    assert asked <= {one.code for one in INDICATORS}


def test_old_years_keep_their_definition_w2(monkeypatch: pytest.MonkeyPatch) -> None:
    old = find("loan_vol", 2020)
    new = Indicator(
        old.code, old.name_zh, old.unit, old.group, old.kind, old.standard, old.how,
        "含续借", (*old.terms, catalogue.Term("loan.renewed")), version="2", since=2021,
    )  # fmt: skip
    monkeypatch.setattr(catalogue, "INDICATORS", (*INDICATORS, new))
    assert find("loan_vol", 2020) == old
    assert find("loan_vol", 2021) == new
    assert [one.code for one in in_force(2021)].count("loan_vol") == 1
    with pytest.raises(KeyError):
        find("loans", 2020)
