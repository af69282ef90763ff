"""A full disk and a busy database at every door: 507 and 503, nothing done, reading goes on (F3, F4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError, connection
from django.test import Client, RequestFactory

from shuxiang.interfaces.common import errors, finding
from shuxiang.runtime import commands, storage, worker
from shuxiang.runtime.backup import queries as backups
from shuxiang.runtime.errors import Busy, KeyReused, OutcomeUnknown, StorageFull
from shuxiang.runtime.models import Backup
from shuxiang.runtime.storage import Storage
from tests.interfaces.desk.test_register import ADULT
from tests.runtime import acts
from tests.support import stocked as stock
from tests.support.library import PASSWORD, Library
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db
SAID = "存储空间已满，未保存任何内容"


@pytest.fixture
def stocked(scene: Callable[..., Any], library: Library) -> Stocked:
    made: Stocked = scene("stocked", lambda: stock.build(library))
    return made


@pytest.fixture
def full(stocked: Stocked) -> Iterator[None]:
    """A database that can't grow by a page on this thread's connection."""
    if connection.vendor != "sqlite":
        pytest.skip("bounds SQLite's file")
    with connection.cursor() as cursor:
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        cursor.execute("CREATE TABLE filler (x)")
        cursor.execute(f"PRAGMA max_page_count = {pages + 1}")
        with pytest.raises(OperationalError, match="full"):
            cursor.executemany("INSERT INTO filler VALUES (zeroblob(?))", [(500,)] * 1000)
    yield
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA max_page_count = 1073741823")


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (StorageFull("x"), 507),
        (OperationalError("database or disk is full"), 507),
        (Busy("x"), 503),
        (KeyReused("x"), 422),
        (OutcomeUnknown("x"), 503),
        (OperationalError("database is locked"), 503),
        (OperationalError("no such table: x"), None if connection.vendor == "sqlite" else 503),
        (ZeroDivisionError("x"), None),
        (None, None),
    ],
)
def test_which_fault_is_answered_how(fault: Exception | None, status: int | None) -> None:
    assert errors.status_of(fault) == status


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/office/backups/", {}),
        ("/office/visits/", {"place": "main", "span": "day", "day": "2020-06-10", "number": "3",
                             "source": "manual"}),
        ("/desk/register/", ADULT),
    ],
)  # fmt: skip
def test_f3_every_write_says_507(
    stocked: Stocked, monkeypatch: pytest.MonkeyPatch, path: str, fields: dict[str, str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise StorageFull("storage is full, nothing was saved")

    client = Client(raise_request_exception=False)
    client.force_login(get_user_model().objects.get(pk=stocked.library.staff["director"]))
    monkeypatch.setattr(commands, "_run", fail)
    answer = client.post(path, {"key": "k", "request_key": "k", **fields})
    assert answer.status_code == 507, answer.content[:300]
    assert SAID in answer.content.decode()
    assert client.get(path).status_code == 200


def test_f3_the_api_says_it_as_json(stocked: Stocked, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(finding, "ask", fail)
    client = Client(raise_request_exception=False)
    answer = client.get("/api/v1/titles", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["say"]) == (507, SAID)


def test_f3_a_session_that_can_not_be_saved(full: None) -> None:
    """The fault comes after the view, where no exception of a view is caught."""
    client = Client(raise_request_exception=False)
    answers = []
    # A small row may find room in a page that is there.
    for _ in range(50):
        client.cookies.clear()
        answers.append(
            client.post("/staff/login/", {"username": "desk", "password": PASSWORD}, secure=False)
        )
        if answers[-1].status_code == 507:
            break
    assert answers[-1].status_code == 507
    assert SAID in answers[-1].content.decode()
    for path in ("/", "/healthz", "/staff/login/"):
        assert client.get(path).status_code == 200, path


def test_a_busy_database_asks_to_come_again(stocked: Stocked) -> None:
    request = RequestFactory().post("/x", headers={"Accept": "application/json"})
    answer = errors.fault_response(request, Busy("x"))
    assert answer is not None
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert b"503" in answer.content


def health() -> dict[str, Any]:
    answer = Client().get("/healthz")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_healthz_names_what_wants_looking_after(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "measure", lambda folder=None: Storage(40.0, 10**11, "ok"))
    worker.beat("worker", tasks={"ballast": "OSError"})
    found = health()
    assert found["attention"] == []
    assert found["tasks"] == {"ballast": "OSError"}
    assert found["storage"] == {"status": "ok", "used_percent": 40.0, "free_mb": 95367}
    assert found["backup"] == {
        "status": "ok", "last_good": None, "age_hours": None, "restored_as_test": False,
    }  # fmt: skip

    def poison(batch: worker.Batch) -> None:
        raise ValueError("bad row")

    acts.act(number=1, ctx=acts.context())
    worker.number_all()
    worker.deliver("search", poison)
    monkeypatch.setattr(storage, "measure", lambda folder=None: Storage(96.0, 10**8, "stop"))
    monkeypatch.setattr(backups, "LATE", backups.LATE * 0 - backups.LATE)
    found = health()
    assert found["attention"] == ["backup", "consumers", "index", "storage"]
    assert found["backup"]["status"] == "late"
    assert found["consumers"]["search"].endswith("ValueError('bad row')")


def test_healthz_tells_a_backup_that_failed(library: Library) -> None:
    from shuxiang.kernel import clock

    now = clock.now()
    Backup.objects.create(kind="nightly", started_at=now, finished_at=now, good=False, detail="x")
    assert health()["backup"]["status"] == "failed"
