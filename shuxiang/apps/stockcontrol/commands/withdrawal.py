"""剔旧: proposed, reviewed and approved by three persons; what is approved leaves the stock at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shuxiang.apps.exchange.commands._shared import known_place, next_number
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock.commands.statuses import Change, change_statuses
from shuxiang.apps.stockcontrol import models, queries, rules
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, Refused, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import scanned
from shuxiang.runtime.commands import command, record, require

PROPOSE, REVIEW, APPROVE = (
    "stock.propose_withdrawal",
    "stock.review_withdrawal",
    "stock.approve_withdrawal",
)
CHUNK = 500
MOST_AT_ONCE = 2000


@command("stockcontrol.open_withdrawal", permission=PROPOSE)
def open_withdrawal(*, place: str, name: str, basis: str, ctx: Context) -> str:
    """Begin a proposal for books of a place and those below it; returns its id. ``basis``: by which rule
    or check they are to go. Raises Refused: not-permitted (at the place too), place-unknown,
    name-missing, reason-missing."""
    site = known_place(place)
    require(ctx, PROPOSE, place)
    reasons: list[Reason] = []
    if not name.strip():
        reasons.append(stop("name-missing"))
    if not basis.strip():
        reasons.append(stop("reason-missing"))
    if reasons:
        raise refuse(*reasons)
    row = models.Proposal.objects.create(
        id=new_id(),
        library=site.library,
        number=next_number("stockcontrol_proposal", "TJ", ctx),
        place_id=place,
        name=name.strip()[:120],
        basis=basis.strip()[:400],
        opened_at=ctx.occurred_at,
        opened_by=ctx.actor.id,
    )
    return str(row.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What became of the codes: how many are on the list now, which were there, which are refused and
    why."""

    added: int
    there: int
    refused: tuple[tuple[str, Reason], ...]


@command("stockcontrol.list_for_withdrawal", permission=PROPOSE)
def list_for_withdrawal(
    *, proposal: str, barcodes: Sequence[str], cause: str, ctx: Context
) -> Listed:
    """Put books on the list of a proposal. Raises Refused: withdrawal-unknown, withdrawal-state,
    withdrawal-cause, scan-empty, scans-too-many."""
    row = _locked(proposal, ctx, PROPOSE)
    codes = tuple(dict.fromkeys(filter(None, map(scanned, barcodes))))
    reasons: list[Reason] = []
    if row.state != "draft":
        reasons.append(stop("withdrawal-state", state=row.state))
    if cause not in rules.CAUSES:
        reasons.append(stop("withdrawal-cause", cause=cause))
    if not codes:
        reasons.append(stop("scan-empty"))
    held = models.ProposalLine.objects.filter(proposal=row).count()
    if len(codes) > MOST_AT_ONCE or held + len(codes) > rules.MOST_LINES:
        reasons.append(stop("scans-too-many", most=MOST_AT_ONCE))
    if reasons:
        raise refuse(*reasons)
    added = there = 0
    left: list[tuple[str, Reason]] = []
    for start in range(0, len(codes), CHUNK):
        piece = codes[start : start + CHUNK]
        found, unknown = _found(piece, row)
        left += unknown
        known = set(
            models.ProposalLine.objects.filter(
                proposal=row, item__in=[f.item for f in found]
            ).values_list("item_id", flat=True)
        )
        against = queries.against(f.item for f in found)
        fresh = []
        for each in found:
            if each.item in known:
                there += 1
            elif why := against[each.item]:
                left.append((each.barcode, why))
            else:
                fresh.append(
                    models.ProposalLine(id=new_id(), proposal=row, item_id=each.item, cause=cause)
                )
        models.ProposalLine.objects.bulk_create(fresh)
        added += len(fresh)
    return Listed(added=added, there=there, refused=tuple(left))


def _found(
    codes: Sequence[str], row: models.Proposal
) -> tuple[list[queries.Candidate], list[tuple[str, Reason]]]:
    """Items of the proposal's place and below, and codes that mean none of them."""
    meant = queries.meant(codes, row.place_id)
    left = [
        (
            code,
            stop("item-unknown", barcode=code)
            if what == "unknown"
            else stop("withdrawal-several", barcode=code),
        )
        for code, (item, what) in meant.items()
        if item is None
    ]
    candidates = {c.item: c for c in queries.candidates(i for i, _ in meant.values() if i)}
    site = places.place(row.place_id)
    found = []
    for code, (item, _what) in meant.items():
        if item is None:
            continue
        each = candidates[item]
        if site.contains(places.place(each.owner)):
            found.append(each)
        else:
            left.append((code, stop("withdrawal-elsewhere", owner=each.owner)))
    return found, left


@command("stockcontrol.unlist", permission=PROPOSE)
def unlist(*, line: str, ctx: Context) -> None:
    """Take a book off a list that was not proposed yet, or (by who reviews) not reviewed yet. Raises
    Refused: withdrawal-unknown, withdrawal-state."""
    found = models.ProposalLine.objects.filter(id=line).first()
    if found is None:
        raise refuse(stop("withdrawal-unknown"))
    row = _locked(found.proposal_id, ctx, PROPOSE)
    if row.state != "draft":
        raise refuse(stop("withdrawal-state", state=row.state))
    models.ProposalLine.objects.filter(id=line).delete()


@command("stockcontrol.propose_withdrawal", permission=PROPOSE)
def propose_withdrawal(*, proposal: str, ctx: Context) -> None:
    """The list is complete: others look at it. Raises Refused: withdrawal-unknown, withdrawal-state,
    withdrawal-empty."""
    row = _locked(proposal, ctx, PROPOSE)
    _may("propose", row, ctx)
    models.Proposal.objects.filter(id=row.id).update(
        state="proposed", proposed_at=ctx.occurred_at, proposed_by=ctx.actor.id
    )


@command("stockcontrol.review_withdrawal", permission=REVIEW)
def review_withdrawal(*, proposal: str, opinion: str, agree: bool = True, ctx: Context) -> None:
    """Another person looked at the books: it goes on to whoever approves, or back to be changed
    (``agree`` False), with what they say. Raises Refused: withdrawal-unknown, withdrawal-state,
    withdrawal-empty, withdrawal-same-person, reason-missing."""
    row = _locked(proposal, ctx, REVIEW)
    _may("review", row, ctx, why=opinion)
    models.Proposal.objects.filter(id=row.id).update(
        state="reviewed" if agree else "draft",
        reviewed_at=ctx.occurred_at if agree else None,
        reviewed_by=ctx.actor.id if agree else "",
        opinion=opinion.strip()[:400],
    )


@command("stockcontrol.refuse_withdrawal", permission=APPROVE)
def refuse_withdrawal(*, proposal: str, why: str, ctx: Context) -> None:
    """A third person says no, and why: the list is closed. Raises Refused: withdrawal-unknown,
    withdrawal-state, withdrawal-empty, withdrawal-same-person, reason-missing."""
    row = _locked(proposal, ctx, APPROVE)
    _may("approve", row, ctx, why=why)
    models.Proposal.objects.filter(id=row.id).update(
        state="refused",
        decided_at=ctx.occurred_at,
        decided_by=ctx.actor.id,
        decision=why.strip()[:400],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """What left the stock: 种, 册, 码洋; how many of the list could not; the list's hash."""

    titles: int
    volumes: int
    fen: int
    dropped: int
    digest: str


@command("stockcontrol.approve_withdrawal", permission=APPROVE)
def approve_withdrawal(*, proposal: str, decision: str = "", ctx: Context) -> Approved:
    """A third person approves: every book of the list that may go leaves the stock, in one act; those
    lent, on their way or kept for a reader by now stay and are told. The list is written down as it is,
    which nobody can change any more, and its hash goes into the ledger.

    Raises Refused: withdrawal-unknown, withdrawal-state, withdrawal-empty, withdrawal-same-person,
    withdrawal-nothing.
    """
    row = _locked(proposal, ctx, APPROVE)
    _may("approve", row, ctx)
    lines = list(queries.candidate_lines(row.id))
    against: dict[str, Reason | None] = {}
    for start in range(0, len(lines), CHUNK):
        against |= queries.against(x.item for x, _cause in lines[start : start + CHUNK])
    going = [(x, cause) for x, cause in lines if not against[x.item]]
    if not going:
        raise refuse(stop("withdrawal-nothing"))
    changes = [
        Change(
            x.item, x.status, "withdrawn",
            {"why": cause, "list": row.number, "before": x.status},
        )
        for x, cause in going
    ]  # fmt: skip
    done = {
        d.change.item
        for d in change_statuses(changes, type_="item.withdrawn", subject=row.id, ctx=ctx)
    }
    written = [
        models.Withdrawn(
            id=new_id(),
            proposal=row,
            number=n,
            item=x.item,
            title=x.title,
            barcode=x.barcode,
            title_text=x.title_text[:500],
            call_number=x.call_number,
            owner=x.owner,
            price_fen=x.price_fen,
            cause=cause,
        )
        for n, (x, cause) in enumerate((g for g in going if g[0].item in done), start=1)
    ]
    models.Withdrawn.objects.bulk_create(written, batch_size=CHUNK)
    left = {item: why or rules.CHANGED for item, why in against.items() if item not in done}
    _drop(row, {item: why.code for item, why in left.items()})
    digest = queries.digest_of(queries.withdrawn(row.id))
    made = Approved(
        titles=len({w.title for w in written}),
        volumes=len(written),
        fen=sum(w.price_fen or 0 for w in written),
        dropped=len(lines) - len(written),
        digest=digest,
    )
    models.Proposal.objects.filter(id=row.id).update(
        state="approved",
        decided_at=ctx.occurred_at,
        decided_by=ctx.actor.id,
        decision=decision.strip()[:400],
    )
    record(
        "withdrawal.approved",
        ctx=ctx,
        library=row.library,
        place=row.place_id,
        subject=row.id,
        quantity=made.volumes,
        amount=made.fen,
        data={
            "number": row.number,
            "titles": made.titles,
            "hash": digest,
            "proposed_by": row.proposed_by,
            "reviewed_by": row.reviewed_by,
        },
    )
    return made


def _drop(row: models.Proposal, why: dict[str, str]) -> None:
    for code in set(why.values()):
        items = [item for item, c in why.items() if c == code]
        for start in range(0, len(items), CHUNK):
            models.ProposalLine.objects.filter(
                proposal=row, item__in=items[start : start + CHUNK]
            ).update(dropped=code)


def _may(step: str, row: models.Proposal, ctx: Context, *, why: str | None = None) -> None:
    lines = models.ProposalLine.objects.filter(proposal=row).count()
    signed = rules.Signed(row.state, row.proposed_by, row.reviewed_by)
    decision = rules.may_sign(step, signed, ctx.actor.id, lines=lines)
    if why is not None and not why.strip():
        raise refuse(*decision.reasons, stop("reason-missing"))
    if not decision.allowed:
        raise Refused(decision)


def _locked(proposal: str, ctx: Context, action: str) -> models.Proposal:
    row = models.Proposal.objects.select_for_update().filter(id=proposal).first()
    if row is None:
        raise refuse(stop("withdrawal-unknown"))
    require(ctx, action, row.place_id)
    return row
