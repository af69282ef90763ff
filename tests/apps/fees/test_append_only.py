"""I8: money that was booked is never changed, by the database itself, also after migrations."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction

from shuxiang.apps.fees import commands
from shuxiang.ledger import triggers
from shuxiang.runtime import sql
from tests.support.library import Contexts
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db


@pytest.mark.parametrize(
    "statement", ["UPDATE fees_posting SET amount_fen = amount_fen + 1", "DELETE FROM fees_posting"]
)
def test_i8_a_posting_is_neither_changed_nor_deleted(
    charging: Stocked, ctx: Contexts, statement: str, unchanged: Any
) -> None:
    commands.take_deposit(card=charging.cards["adult"], amount_fen=10000, ctx=ctx())
    assert sql.one("SELECT COUNT(*) FROM fees_posting") == (2,)
    with unchanged(), pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        sql.run(statement)


def test_i8_the_triggers_survive_a_migration_that_rebuilds_the_table(db: None) -> None:
    posting = apps.get_model("fees", "Posting")
    narrow, wide = (models.CharField(max_length=n, default="") for n in (10, 20))
    for field in (narrow, wide):
        field.set_attributes_from_name("added")
    with connection.schema_editor() as editor:
        editor.add_field(posting, narrow)
        editor.alter_field(posting, narrow, wide)
    if connection.vendor == "sqlite":
        assert "fees_posting_no_update" in triggers.missing()
    try:
        call_command("migrate", verbosity=0)
        assert triggers.missing() == []
    finally:
        with triggers.lifted(), connection.schema_editor() as editor:
            editor.remove_field(posting, wide)
        triggers.install()
