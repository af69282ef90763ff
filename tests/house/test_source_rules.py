"""The rules of the house hold, and each check finds a planted breach."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from tests.support import house

CHECKS = [
    house.signals,
    house.clocks,
    house.writes,
    house.floats,
    house.borders,
    house.length,
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_rule_holds(check: house.Check) -> None:
    assert house.breaches(check) == []


RULES, COMMANDS = "shuxiang/apps/stock/rules.py", "shuxiang/apps/stock/commands/add.py"
QUERIES, DOOR = "shuxiang/apps/stock/queries.py", "shuxiang/interfaces/desk/views.py"


@pytest.mark.parametrize(
    ("check", "path", "line"),
    [
        (house.signals, DOOR, "from django.db.models.signals import post_save"),
        (house.signals, DOOR, "from django.dispatch import receiver"),
        (house.signals, DOOR, "import django.core.signals"),
        (
            house.signals,
            "shuxiang/apps/stock/apps.py",
            "from django.db.models.signals import post_migrate",
        ),
        (
            house.signals,
            "shuxiang/ledger/apps.py",
            "from django.db.models.signals import post_save",
        ),
        (house.clocks, RULES, "x = datetime.now(UTC)"),
        (house.clocks, RULES, "x = date.today()"),
        (house.clocks, COMMANDS, "x = clock.now()"),
        (house.clocks, COMMANDS, "x = timezone.localdate()"),
        (house.clocks, COMMANDS, "x = time.time()"),
        (house.clocks, COMMANDS, "x = now()"),
        (house.writes, QUERIES, "row.save()"),
        (house.writes, QUERIES, "row.save(update_fields=['name'])"),
        (house.writes, QUERIES, "models.Item.objects.create(id=1)"),
        (house.writes, QUERIES, "models.Item.objects.filter(id=1).update(name='x')"),
        (house.writes, QUERIES, "rows.filter(id=1).delete()"),
        (house.writes, QUERIES, "row.delete()"),
        (house.writes, QUERIES, "manager.bulk_create(rows)"),
        (house.writes, QUERIES, "manager.get_or_create(id=1)"),
        (house.writes, DOOR, "sql.run('UPDATE stock_item SET title = 1')"),
        (house.writes, DOOR, "cursor.execute('delete from stock_item')"),
        (house.writes, DOOR, "sql.many('INSERT INTO stock_item VALUES (?)', rows)"),
        (house.floats, "shuxiang/apps/fees/models.py", "price = models.FloatField()"),
        (house.floats, "shuxiang/apps/fees/models.py", "price = DecimalField()"),
        (house.borders, DOOR, "from shuxiang.apps.stock.models import Item"),
        (house.borders, DOOR, "from shuxiang.apps.stock import rules"),
        (
            house.borders,
            "shuxiang/apps/circulation/queries.py",
            "import shuxiang.apps.stock.models",
        ),
        (house.borders, "shuxiang/statistics/counts.py", "from shuxiang.apps.stock import models"),
        (house.borders, "shuxiang/project/wiring.py", "from shuxiang.apps.stock import models"),
        (house.length, RULES, "\n" * 451),
    ],
)
def test_a_planted_breach_is_found(check: house.Check, path: str, line: str) -> None:
    assert len(list(check(path, f"{line}\n"))) == 1


@pytest.mark.parametrize(
    ("check", "path", "line"),
    [
        (
            house.signals,
            "shuxiang/ledger/apps.py",
            "from django.db.models.signals import post_migrate",
        ),
        (house.signals, DOOR, "import signal"),
        (house.clocks, DOOR, "x = clock.now()"),
        (house.clocks, COMMANDS, "x = moment.time()"),
        (house.clocks, COMMANDS, "x = ctx.occurred_at"),
        (house.writes, QUERIES, "found.update(other)"),
        (house.writes, QUERIES, "document.save(path)"),
        (house.writes, QUERIES, "hashed.update(b'x')"),
        (house.writes, DOOR, "request.session.save()"),
        (house.writes, DOOR, "x = 'Update the record'"),
        (house.writes, COMMANDS, "models.Item.objects.create(id=1)"),
        (house.writes, "shuxiang/apps/places/commands.py", "sql.run('UPDATE t SET x = 1')"),
        (house.writes, "shuxiang/ledger/append.py", "sql.run('INSERT INTO t VALUES (1)')"),
        (house.borders, DOOR, "from shuxiang.apps.stock import commands, queries"),
        (house.borders, DOOR, "from shuxiang.apps.stock.commands import withdraw"),
        (house.borders, QUERIES, "from shuxiang.apps.stock import models, rules"),
        (house.borders, "shuxiang/project/wiring.py", "from shuxiang.apps.stock import guards"),
        (house.length, RULES, "\n" * 400),
    ],
)
def test_what_is_allowed_is_not_found(check: house.Check, path: str, line: str) -> None:
    assert list(check(path, f"{line}\n")) == []


def _float_columns() -> list[str]:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT table_name || '.' || column_name FROM information_schema.columns "
                "WHERE table_schema = 'public' AND data_type IN "
                "('real', 'double precision', 'numeric', 'money')"
            )
        else:
            cursor.execute(
                "SELECT t.name || '.' || c.name FROM sqlite_master t, pragma_table_info(t.name) c "
                "WHERE t.type = 'table' AND lower(c.type) IN ('real', 'float', 'double', 'decimal')"
            )
        return sorted(row[0] for row in cursor.fetchall())


def test_i8_no_table_has_a_float_column(db: None) -> None:
    assert _float_columns() == []
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE planted (price real)")
        try:
            assert _float_columns() == ["planted.price"]
        finally:
            cursor.execute("DROP TABLE planted")


def _project_files() -> Iterator[tuple[str, str]]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=house.ROOT,
        capture_output=True,
        text=True,
    )
    names = listed.stdout.splitlines() if listed.returncode == 0 else []
    if not names:
        skipped = {".venv", "var", ".git", "build", "__pycache__"}
        names = [
            str(path.relative_to(house.ROOT))
            for path in house.ROOT.rglob("*")
            if path.is_file() and not skipped & set(path.relative_to(house.ROOT).parts)
        ]
    for name in names:
        path = house.ROOT / name
        if path.is_file() and path.stat().st_size < 2_000_000 and "vendor" not in path.parts:
            content = path.read_bytes()
            if b"\0" not in content:
                yield name, content.decode("utf-8", "replace")


def test_no_file_names_anybody_s_machine() -> None:
    files = list(_project_files())
    assert len(files) > 100
    assert [line for name, text in files for line in house.machine_names(name, text)] == []


@pytest.mark.parametrize(
    "line",
    [
        "see /" + "work/shared/design.md",
        "cd /" + "root",
        "HOME=/" + "home/chen",
        "http://10." + "0.0.3:8000/",
        "192." + "168.1.2",
        "--extra-index-" + "url x",
    ],
)
def test_a_machine_s_name_is_found(line: str) -> None:
    planted = line if "root" not in line else f"{line}/x"
    assert len(list(house.machine_names("README.md", planted))) == 1


@pytest.mark.parametrize(
    "line",
    ["127.0.0.1:8000", "GB/T 1.10.2.3.4", "version 10.2", "~/work/x", "/usr/share", "a/home/x"],
)
def test_other_words_are_no_machine_s(line: str) -> None:
    assert list(house.machine_names("README.md", line)) == []


def test_the_repository_is_where_the_tests_think() -> None:
    assert Path(house.ROOT / "pyproject.toml").is_file()
    assert len(house.modules()) > 50
