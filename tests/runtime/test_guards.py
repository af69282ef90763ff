"""Guards answer with reasons, participants act; both are asked in the order they came."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest

from shuxiang.kernel.decision import Reason, stop, tell
from shuxiang.runtime import guards
from tests.runtime.acts import context


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "_guards", defaultdict(list))
    monkeypatch.setattr(guards, "_participants", defaultdict(list))


def test_every_guard_is_asked_and_every_reason_comes_back() -> None:
    def loans(*, ctx: Any, patron: str) -> tuple[Reason, ...]:
        return (stop("loans-open", count=2),)

    def fees(*, ctx: Any, patron: str) -> tuple[Reason, ...]:
        return (stop("fees-open"), tell("points-left")) if patron == "p" else ()

    guards.register_guard("close", loans)
    guards.register_guard("close", fees)
    guards.register_guard("close", loans)
    asked = guards.ask("close", context(), patron="p")
    assert [r.code for r in asked] == ["loans-open", "fees-open", "points-left"]
    assert guards.ask("close", context(), patron="q") == (stop("loans-open", count=2),)
    assert guards.ask("unknown", context(), patron="p") == ()


def test_participants_are_told_once_each() -> None:
    heard: list[str] = []

    def listen(*, ctx: Any, title: str) -> None:
        heard.append(title)

    guards.register_participant("merge", listen)
    guards.register_participant("merge", listen)
    guards.tell("merge", context(), title="t")
    guards.tell("other", context(), title="x")
    assert heard == ["t"]
