"""UUIDv7 (RFC 9562 §5.7): unique and in order, from any number of threads."""

from __future__ import annotations

import os
import time
import uuid

import pytest

from shuxiang.kernel import ids
from tests.support.races import at_once


def test_form_version_variant_and_time() -> None:
    before = time.time_ns() // 1_000_000
    made = ids.new_id()
    after = time.time_ns() // 1_000_000
    assert len(made) == 32
    assert made == made.lower()
    parsed = uuid.UUID(made)
    assert parsed.version == 7
    assert parsed.variant == uuid.RFC_4122
    # The counter may run ahead of the clock by what this process has made before.
    assert before <= parsed.int >> 80 <= after + 1


def test_one_thread_makes_them_in_order() -> None:
    made = [ids.new_id() for _ in range(10_000)]
    assert made == sorted(made)
    assert len(set(made)) == 10_000


def test_threads_share_one_order_without_a_double() -> None:
    rows = at_once(16, lambda _: [ids.new_id() for _ in range(2_000)])
    assert all(row == sorted(row) for row in rows)
    assert len({id_ for row in rows for id_ in row}) == 32_000


def test_a_clock_that_steps_back_does_not_bring_ids_back(monkeypatch: pytest.MonkeyPatch) -> None:
    first = ids.new_id()
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000_000)
    later = [ids.new_id() for _ in range(5)]
    assert [first, *later] == sorted([first, *later])
    assert len(set(later)) == 5


def test_a_forked_child_does_not_repeat_its_parent() -> None:
    ids.new_id()
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.write(write, "\n".join(ids.new_id()[16:] for _ in range(200)).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(write)
    with os.fdopen(read) as lines:
        theirs = set(lines.read().split("\n"))
    assert len(theirs) == 200
    assert theirs.isdisjoint({ids.new_id()[16:] for _ in range(200)})
