"""An import of one request may write more events than a smallint counts."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models


def widen(apps: Any, schema_editor: Any) -> None:
    """SQLite's integers are wide already; its table rebuild would copy the whole ledger and drop the
    triggers."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE ledger_event ALTER COLUMN number TYPE integer")


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(widen, migrations.RunPython.noop)],
            state_operations=[
                migrations.AlterField("event", "number", models.PositiveIntegerField())
            ],
        )
    ]
