"""What besides the card names a reader at a sign-in (row C6), and what the reader decides alone."""

from __future__ import annotations

from shuxiang.apps.patrons import models
from shuxiang.apps.patrons.commands import _shared
from shuxiang.apps.patrons.commands._sessions import end_sessions
from shuxiang.kernel.context import Actor, Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.values import mask_number
from shuxiang.runtime.commands import command, require
from shuxiang.runtime.secrets import decrypt


def _own_or_served(patron: str, ctx: Context) -> models.Patron:
    """The reader, locked: the one who acts, or one whom a clerk may serve."""
    if ctx.actor != Actor("patron", patron):
        require(ctx, "patrons.change", ctx.service_point)
        return _shared.open_patron(patron, "patrons.change", ctx)
    row = _shared.patron_row(patron)
    if row.closed_at is not None:
        raise refuse(stop("patron-closed"))
    return row


@command("patrons.bind_document")
def bind_document(*, patron: str, document: str, ctx: Context) -> str:
    """Let one of the reader's documents name them at a sign-in, with the PIN as before; by the
    reader or at the desk. Returns the binding's id, the existing one's where it is bound already."""
    row = _own_or_served(patron, ctx)
    paper = models.Document.objects.filter(id=document, patron=row, ended_at=None).first()
    if paper is None:
        raise refuse(stop("document-not-theirs"))
    bound = models.Credential.objects.filter(patron=row, document=paper, ended_at=None).first()
    if bound is not None:
        return str(bound.id)
    made = models.Credential.objects.create(
        patron=row,
        kind=paper.kind,
        value_hash=paper.number_hash,
        shown=mask_number(decrypt(paper.number)),
        document=paper,
        channel=ctx.channel,
        bound_at=ctx.occurred_at,
    )
    data = {"fields": ["credential"], "act": "bound", "kind": paper.kind}
    _shared.record_patron("patron.changed", row, ctx, data=data)
    return str(made.id)


@command("patrons.unbind")
def unbind(*, patron: str, credential: str, ctx: Context) -> None:
    """The document no longer names the reader at a sign-in; it stays on record."""
    row = _own_or_served(patron, ctx)
    bound = models.Credential.objects.filter(id=credential, patron=row, ended_at=None).first()
    if bound is None:
        raise refuse(stop("credential-not-bound"))
    models.Credential.objects.filter(id=bound.id).update(ended_at=ctx.occurred_at)
    data = {"fields": ["credential"], "act": "unbound", "kind": bound.kind}
    _shared.record_patron("patron.changed", row, ctx, data=data)


@command("patrons.show_history")
def show_history(*, shown: bool, ctx: Context) -> None:
    """Whether the reader's own pages show what they gave back. Off until the reader asks for it."""
    if ctx.actor.kind != "patron":
        raise refuse(stop("not-permitted", action="patrons.show_history"))
    row = _own_or_served(ctx.actor.id, ctx)
    if row.history_shown == shown:
        return
    models.Patron.objects.filter(id=row.id).update(history_shown=shown)
    data = {"fields": ["history_shown"], "shown": shown}
    _shared.record_patron("patron.changed", row, ctx, data=data)


def end_credentials(patron: str, why: str, ctx: Context) -> None:
    """With the account everything that opened it ends: PIN, bindings, sessions."""
    models.Pin.objects.filter(patron=patron).delete()
    models.Credential.objects.filter(patron=patron, ended_at=None).update(ended_at=ctx.occurred_at)
    end_sessions(patron, why, ctx)
