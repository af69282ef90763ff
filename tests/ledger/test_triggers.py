"""The ledger is append-only by the database itself (I2), also after migrations."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction

from shuxiang.ledger import triggers
from shuxiang.runtime import sql
from shuxiang.runtime.worker import number_all
from tests.runtime import acts

pytestmark = pytest.mark.db
REFUSED = "the ledger is append-only"


@pytest.fixture(autouse=True)
def _numbered_events(db: None) -> None:
    for number in range(3):
        acts.act(number=number, ctx=acts.context())
    number_all()


def refused(statement: str) -> None:
    with pytest.raises(DatabaseError, match=REFUSED), transaction.atomic():
        sql.run(statement)


@pytest.mark.parametrize("table", ["ledger_event", "ledger_sequence"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET {} = {}"])
def test_i2_rows_can_be_neither_changed_nor_deleted(
    table: str, statement: str, unchanged: Any
) -> None:
    column = "quantity" if table == "ledger_event" else "seal"
    with unchanged():
        refused(statement.format(table, column, column))


@pytest.mark.parametrize("table", ["ledger_event", "ledger_sequence"])
def test_i2_no_way_around_by_the_engine_s_own_means(table: str, unchanged: Any) -> None:
    with unchanged():
        if connection.vendor == "postgresql":
            refused(f"TRUNCATE {table}")
            refused(f"TRUNCATE {table} CASCADE")
        else:
            refused(f"REPLACE INTO {table} SELECT * FROM {table} LIMIT 1")


def test_nothing_is_missing_after_the_first_migration() -> None:
    assert triggers.missing() == []


def test_missing_triggers_are_named() -> None:
    with transaction.atomic():
        triggers.remove()
        missing = triggers.missing()
        triggers.install()
    names = [f"{t}_no_{verb}" for t in triggers.TABLES for verb in ("update", "delete")]
    if connection.vendor == "postgresql":
        names += [f"{t}_no_truncate" for t in triggers.TABLES]
    assert missing == names
    assert triggers.missing() == []


def test_they_survive_a_migration_that_rebuilds_the_table() -> None:
    """SQLite alters a table by making another, and drops the triggers with the old one."""
    event = apps.get_model("ledger", "Event")
    field = models.CharField(max_length=10, default="")
    field.set_attributes_from_name("added")
    with connection.schema_editor() as editor:
        editor.add_field(event, field)
        editor.alter_field(event, field, _wider(field))
    if connection.vendor == "sqlite":
        assert "ledger_event_no_update" in triggers.missing()
    try:
        call_command("migrate", verbosity=0)
        assert triggers.missing() == []
        refused("DELETE FROM ledger_event")
        refused("UPDATE ledger_event SET quantity = 9")
    finally:
        with triggers.lifted(), connection.schema_editor() as editor:
            editor.remove_field(event, field)
        triggers.install()


def _wider(field: models.Field[Any, Any]) -> models.Field[Any, Any]:
    wider = models.CharField(max_length=20, default="")
    wider.set_attributes_from_name(field.name)
    return wider


def test_lifted_brings_them_back_even_after_an_error() -> None:
    def fail() -> None:
        with triggers.lifted():
            sql.run("DELETE FROM ledger_sequence")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert triggers.missing() == []
    refused("DELETE FROM ledger_event")
