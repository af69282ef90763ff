"""Y1: libraries in one installation are told apart by every row, and installations share nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps

from shuxiang.formats import oai
from shuxiang.formats.oai import OaiFault, Position
from shuxiang.formats.oai.requests import Span, token
from shuxiang.kernel import clock
from shuxiang.runtime import secrets, sql
from shuxiang.statistics import invariants
from tests.support import stocked
from tests.support.library import Library

pytestmark = pytest.mark.db


def test_y1_no_row_of_a_library_may_leave_out_whose_it_is() -> None:
    fields = [
        (f"{model._meta.label}.library", field.null)
        for model in apps.get_models()
        for field in model._meta.fields
        if field.name == "library"
    ]
    assert len(fields) > 40
    assert [name for name, may_lack in fields if may_lack] == []


@pytest.fixture
def strayed(library: Library) -> str:
    """An item that says it is another library's than the place that owns it."""
    made = stocked.build(library)
    assert invariants.libraries_agree().ok
    sql.run("UPDATE stock_item SET library = ? WHERE id = ?", library.east, made.items["B001"])
    return made.items["B001"]


def test_y1_a_row_that_crossed_to_another_library_is_found(strayed: str) -> None:
    found = invariants.libraries_agree()
    assert (found.ok, found.detail) == (False, f"item {strayed} has another library's id")


def test_y1_what_one_installation_gives_out_no_other_takes(settings: Any) -> None:
    now = clock.now()
    settings.SECRET_KEY = "the key of one"
    at = Position(Span("oai_dc", None, None, ""), "", 0, 1, now + timedelta(hours=1))
    given = token("ListRecords", at, secrets.derived_key("oai"))
    sealed, sought = secrets.encrypt("440000199001011234"), secrets.lookup_hash("id", "x")
    assert oai.position("ListRecords", given, secrets.derived_key("oai"), now=now).size == 1
    settings.SECRET_KEY = "the key of another"
    with pytest.raises(OaiFault):
        oai.position("ListRecords", given, secrets.derived_key("oai"), now=now)
    with pytest.raises(ValueError, match="does not open"):
        secrets.decrypt(sealed)
    assert secrets.lookup_hash("id", "x") != sought
