"""What is wrong with a request, in one sentence: ``{"error": code, "message": text}``. To readers it is
a problem document (RFC 9457) with every reason in it as well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from ninja import Schema

from shuxiang.interfaces.common.wording import say
from shuxiang.kernel.decision import Decision, Reason
from shuxiang.runtime.errors import KeyReused, StorageFull

PROBLEM = "application/problem+json"


class Problem(Schema):
    """What was wrong with a request."""

    error: str
    message: str


class Why(Schema):
    """One reason: its code and its sentence."""

    code: str
    message: str


class Details(Problem):
    """A problem document. ``error`` is the code of the first reason, ``detail`` says them all."""

    type: str
    title: str
    status: int
    detail: str
    reasons: list[Why]


class Refusal(Exception):
    """A request that can't be answered: a code, the status, and the sentence."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


def whys(reasons: Sequence[Reason]) -> list[dict[str, str]]:
    return [{"code": r.code, "message": say(r)} for r in reasons]


def details(reasons: list[dict[str, str]], status: int) -> dict[str, Any]:
    """A problem document of reasons."""
    first = reasons[0]
    return {
        "type": f"urn:shuxiang:reason:{first['code']}",
        "title": first["message"],
        "status": status,
        "detail": " ".join(r["message"] for r in reasons),
        "error": first["code"],
        "message": first["message"],
        "reasons": reasons,
    }


class ReaderRefusal(Exception):
    """A reader's request that is refused, with every reason."""

    def __init__(self, reasons: list[dict[str, str]], status: int) -> None:
        super().__init__(reasons[0]["message"])
        self.reasons, self.status = reasons, status


MISSING = frozenset({"hold-unknown", "pickup-unknown", "slot-unknown", "title-unknown"})


def refused(decision: Decision) -> ReaderRefusal:
    """What a refused command is answered with: 404 where there is no such thing, else 409."""
    codes = {r.code for r in decision.refusing}
    return ReaderRefusal(whys(decision.refusing), 404 if codes <= MISSING else 409)


def faulty(error: Exception) -> Refusal:
    """What an act that could not be done is answered with."""
    if isinstance(error, StorageFull):
        return Refusal("storage-full", _("The disk is full. Nothing was saved."), status=507)
    if isinstance(error, KeyReused):
        said = _("This key was used for another request already.")
        return Refusal("key-reused", said, status=422)
    return Refusal("busy", _("The database is busy. Nothing was done: send it again."), status=503)
