"""Showing a masked number, logged."""

from __future__ import annotations

from shuxiang.apps.patrons import models, rules
from shuxiang.apps.patrons.commands import _shared
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.runtime.commands import command
from shuxiang.runtime.secrets import decrypt

FIELDS = ("phone", "document", "guardian-phone", "guardian-document")


def unmask(*, patron: str, field: str, of: str = "", why: str, ctx: Context) -> str:
    """The plain value of one of `FIELDS`, after logging who looked and why.

    ``of`` is the id of the document or guardian where there are several, '' for the newest.
    """
    # The command answers with the sealed value: stored answers must not hold plain numbers (S6).
    return decrypt(_unmask(patron=patron, field=field, of=of, why=why, ctx=ctx))


@command("patrons.unmask", permission="patrons.unmask")
def _unmask(*, patron: str, field: str, of: str, why: str, ctx: Context) -> str:
    row = _shared.patron_row(patron)
    _shared.in_reach(row, "patrons.unmask", ctx)
    reasons = list(rules.too_long(why=why))
    if not why.strip():
        reasons.append(stop("why-missing"))
    sealed = _sealed(row, field, of) if field in FIELDS else ""
    if not sealed:
        reasons.append(stop("field-empty", field=field))
    if reasons:
        raise refuse(*reasons)
    models.Unmasking.objects.create(
        patron=row, account=ctx.actor.id, at=ctx.occurred_at, field=field, why=why.strip()
    )
    return sealed


def _sealed(row: models.Patron, field: str, of: str) -> str:
    if field == "phone":
        return str(row.phone)
    if field == "document":
        documents = models.Document.objects.filter(patron=row).order_by("-id")
        found = (documents.filter(id=of) if of else documents.filter(ended_at=None)).first()
        return found.number if found else ""
    guardians = models.Guardian.objects.filter(child=row).order_by("-id")
    guardian = (guardians.filter(id=of) if of else guardians.filter(ended_at=None)).first()
    if guardian is None:
        return ""
    return str(guardian.phone if field == "guardian-phone" else guardian.document_number)
