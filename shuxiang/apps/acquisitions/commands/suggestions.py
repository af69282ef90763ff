"""荐购: a reader asks for a book, staff answer, and the reader is told."""

from __future__ import annotations

from datetime import timedelta

from shuxiang.apps.acquisitions import models, rules
from shuxiang.apps.acquisitions.commands._shared import SUGGEST, lifted
from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.formats.identifiers import parse_isbn
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Decision, Reason, ask, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import scanned
from shuxiang.runtime.commands import command, record, require

MOST_OPEN = 10
KEPT = timedelta(days=180)
"""How many suggestions of one reader may be open, and how long it is known who asked."""


def held(isbn: str, title: str) -> str:
    """A title with copies that is what is asked for: the ISBN's, else one of exactly that name; '' for
    none (SG-2)."""
    found = [t.id for t in catalog.by_identifier(isbn, "isbn")] if isbn.strip() else []
    if not found and title.strip():
        wanted = title.strip()
        begun = catalog.titles_beginning(wanted, 20)
        found = [t for t in begun if (v := catalog.title(t)) is not None and v.title == wanted]
    copies = stock.items_of(found)
    gone = ("lost", "missing", "damaged")
    return next((t for t in found if any(i.status not in gone for i in copies.get(t, ()))), "")


@command("acquisitions.suggest")
def suggest(
    *,
    title: str,
    isbn: str = "",
    author: str = "",
    publisher: str = "",
    note: str = "",
    hold: bool = False,
    pickup: str = "",
    card: str = "",
    ctx: Context,
) -> str:
    """A reader asks for a book; with ``card`` staff write it down for one. Asked for already by somebody,
    this reader is joined to it. Returns the suggestion's id.

    Raises Refused: not-permitted, card-unknown, title-missing, place-unknown, suggestion-isbn,
    suggestion-again, suggestion-many; ``suggestion-held`` asks (SG-2).
    """
    patron = _reader(card, ctx)
    at = pickup or ctx.service_point
    reasons: list[Reason] = [] if title.strip() else [stop("title-missing")]
    if isbn.strip() and not parse_isbn(isbn).valid:
        reasons.append(stop("suggestion-isbn", isbn=isbn.strip()[:40]))
    if at not in {p.id for p in places.all_places() if p.kind not in ("network", "partner")}:
        reasons.append(stop("place-unknown", code=at))
    library = places.place(ctx.service_point).library
    key = rules.suggestion_key(isbn=isbn, title=title, author=author)
    row = (
        models.Suggestion.objects.select_for_update()
        .filter(library=library, key=key, state__in=rules.LIVE)
        .first()
    )
    mine = models.Asking.objects.filter(patron=patron, suggestion__state__in=rules.LIVE)
    if row is not None and mine.filter(suggestion=row).exists():
        reasons.append(stop("suggestion-again"))
    elif mine.count() >= MOST_OPEN:
        reasons.append(stop("suggestion-many", most=MOST_OPEN))
    there = held(isbn, title)
    if there:
        view = catalog.title(there)
        reasons.append(ask("suggestion-held", title=view.full_title if view else "", id=there))
    lifted(Decision(tuple(reasons)), ctx, ctx.service_point)
    if row is None:
        row = models.Suggestion.objects.create(
            id=new_id(),
            library=library,
            key=key,
            isbn=parse_isbn(isbn).isbn13,
            title_text=title.strip()[:200],
            author=author.strip()[:120],
            publisher=publisher.strip()[:120],
            note=note.strip()[:300],
            asked_at=ctx.occurred_at,
        )
    models.Asking.objects.create(
        id=new_id(), suggestion=row, patron_id=patron, hold=hold, pickup_id=at,
        asked_at=ctx.occurred_at,
    )  # fmt: skip
    record("suggestion.asked", ctx=ctx, library=library, subject=row.id, patron=patron)
    return str(row.id)


def _reader(card: str, ctx: Context) -> str:
    if ctx.actor.kind == "patron" and not card:
        return ctx.actor.id
    require(ctx, SUGGEST, ctx.service_point)
    found = patrons.card_for_loan(scanned(card))
    if len(found) != 1:
        raise refuse(stop("card-unknown", number=card))
    return found[0].patron


@command("acquisitions.withdraw_suggestion")
def withdraw_suggestion(*, suggestion: str, ctx: Context) -> None:
    """A reader no longer asks; with nobody left asking the suggestion is gone. Raises Refused:
    suggestion-unknown."""
    asking = models.Asking.objects.filter(
        suggestion=suggestion, patron=ctx.actor.id, suggestion__state="asked"
    ).first()
    if ctx.actor.kind != "patron" or asking is None:
        raise refuse(stop("suggestion-unknown"))
    asking.delete()
    if not models.Asking.objects.filter(suggestion=suggestion).exists():
        models.Suggestion.objects.filter(id=suggestion).delete()


@command("acquisitions.decide_suggestion", permission=SUGGEST)
def decide_suggestion(*, suggestion: str, accepted: bool, why: str = "", ctx: Context) -> None:
    """Accept a suggestion, or decline it with a reason; who asked is told (SG-3). Raises Refused:
    suggestion-unknown, suggestion-state, reason-missing."""
    row = models.Suggestion.objects.select_for_update().filter(id=suggestion).first()
    if row is None:
        raise refuse(stop("suggestion-unknown"))
    require(ctx, SUGGEST, row.library)
    decision = rules.may_decide(state=row.state, accepted=accepted, why=why)
    if not decision.allowed:
        raise refuse(*decision.reasons)
    models.Suggestion.objects.filter(id=row.id).update(
        state="accepted" if accepted else "declined",
        decided_at=ctx.occurred_at,
        decided_by=ctx.actor.id,
        why=why.strip()[:200],
        line=None,
        ended_at=None if accepted else ctx.occurred_at,
    )
    type_ = "suggestion.accepted" if accepted else "suggestion.declined"
    record(type_, ctx=ctx, library=row.library, subject=row.id)


@command("acquisitions.forget_asking")
def forget_asking(*, ctx: Context) -> int:
    """Forget who asked for what was answered long ago; returns how many. Raises Refused: not-permitted."""
    require(ctx, "acquisitions.forget", ctx.service_point)
    done, _by_model = models.Asking.objects.filter(
        suggestion__ended_at__lt=ctx.occurred_at - KEPT
    ).delete()
    return int(done)
