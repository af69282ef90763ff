"""What is wrong with a request, in one sentence: ``{"error": code, "message": text}``."""

from __future__ import annotations

from ninja import Schema


class Problem(Schema):
    """What was wrong with a request."""

    error: str
    message: str


class Refusal(Exception):
    """A request that can't be answered: a code, the status, and the sentence."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status
