"""What one scan does: a mode's act or a command of the desk. One module a kind of act."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from shuxiang.formats.identifiers import parse_id_number
from shuxiang.interfaces.desk.answers import Asked
from shuxiang.interfaces.desk.reader import Held
from shuxiang.kernel.context import Context
from shuxiang.kernel.values import mask_number


@dataclass(frozen=True, slots=True)
class Scan:
    """A posted scan: what was read, in which mode, and who is being served.

    ``text`` is as typed, ``code`` as `kernel.values.scanned` has it; ``library`` and ``patron`` answer
    a question asked before. ``script`` is false for a plain form.
    """

    request: HttpRequest
    mode: str
    text: str
    code: str
    held: Held
    ctx: Context
    library: str | None = None
    patron: str = ""
    script: bool = True

    @property
    def is_id_number(self) -> bool:
        """An ID card used as reader card. Its number never reaches a stored request or the log."""
        return len(self.code) == 18 and parse_id_number(self.code).valid

    @property
    def like_old_id_number(self) -> bool:
        """15 digits that read as an ID number of before 1999, which has no check digit: a barcode may
        look the same."""
        return len(self.code) == 15 and parse_id_number(self.code).valid

    @property
    def shown(self) -> str:
        hidden = self.is_id_number or self.like_old_id_number
        return mask_number(self.code) if hidden else self.code

    def asked(self) -> Asked:
        # A form that asks again needs no ID number: its answer names the reader.
        code = "" if self.is_id_number or self.like_old_id_number else self.text
        return Asked(self.request, self.mode, code, self.held, self.library or "", self.script)
