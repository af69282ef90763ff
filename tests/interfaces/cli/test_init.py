"""Whether there is a library, and plans that don't hang together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from shuxiang.apps.places import queries as places
from shuxiang.interfaces.cli import common
from shuxiang.interfaces.cli.main import CommandError, main
from shuxiang.runtime import sql


def test_an_empty_database_has_no_library(db: None) -> None:
    assert common.is_initialised() is False


def test_a_library_is_one(library: Any) -> None:
    assert common.is_initialised() is True


def test_a_database_that_does_not_answer_is_not_an_empty_one(
    library: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down() -> None:
        raise OperationalError("the database system is starting up\nmore")

    monkeypatch.setattr(places, "main_library", down)
    with pytest.raises(CommandError, match=r"can't be read \(the database system is starting up\)"):
        common.is_initialised()


MAIN = {"kind": "main_library", "code": "main", "name": "总馆"}


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (
            {"places": [MAIN], "rules": [{"place": "west", "loan_limit": 5, "loan_days": 30}]},
            "'west' is none of the places",
        ),
        (
            {"places": [{**MAIN, "parent": "nowhere"}]},
            "'nowhere' is none of the places",
        ),
        ({"places": [{**MAIN, "hours": {"montag": [["09:00", "17:00"]]}}]}, "not in tuple"),
        ({"places": [{**MAIN, "hours": {"mon": [["9 Uhr", "17:00"]]}}]}, "isoformat"),
    ],
)
def test_a_plan_that_names_what_is_not_there_is_one_line_and_leaves_nothing(
    db: None, tmp_path: Path, capsys: pytest.CaptureFixture[str], plan: dict[str, Any], said: str
) -> None:
    file = tmp_path / "plan.json"
    file.write_text(json.dumps({"opened_on": "2020-01-01", **plan}), encoding="utf-8")
    assert main(["init", "--plan", str(file)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("shuxiang init: the plan is not acceptable: ")
    assert said in error
    assert error.count("\n") == 1
    assert sql.one("SELECT COUNT(*) FROM places_place") == (0,)


def test_a_port_in_the_environment_that_is_no_number_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHUXIANG_PORT", "http")
    with pytest.raises(SystemExit) as ended:
        main(["run"])
    assert ended.value.code == 2
    assert "invalid int value: 'http'" in capsys.readouterr().err
