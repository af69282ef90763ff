"""Other libraries' catalogues: who they are, what they have, what a record of theirs would change."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.exchange import models
from shuxiang.apps.places import queries as places
from shuxiang.formats import targets
from shuxiang.formats.marc.charset import GB18030, UTF8
from shuxiang.formats.marc.overlay import Change, changes, overlaid, protected_tags
from shuxiang.formats.notes import Note
from shuxiang.formats.targets import Profile, SharedRecord, Wanted
from shuxiang.kernel.decision import Reason, stop, tell
from shuxiang.runtime import strangers
from shuxiang.runtime.secrets import decrypt
from shuxiang.runtime.strangers.child import MOST_BYTES, MOST_RECORD


@dataclass(frozen=True, slots=True)
class TargetView:
    """A target, without its password."""

    id: str
    name: str
    profile: Profile
    user: str
    has_password: bool
    position: int
    active: bool


def _target(row: models.Target) -> TargetView:
    profile = Profile(
        kind=row.kind,
        address=row.address,
        port=row.port,
        database=row.database,
        query_charset=row.query_charset,
        record_charset=row.record_charset,
        syntax=row.syntax,
        attributes=row.attributes,
        negotiate=row.negotiate,
        version=row.version,
        most=row.most,
        seconds=row.seconds,
    )
    return TargetView(
        row.id, row.name, profile, row.user, bool(row.password), row.position, row.active
    )


def shared_targets(*, active: bool = False) -> tuple[TargetView, ...]:
    """Every target in its order, or those in use."""
    rows = models.Target.objects.order_by("position", "name")
    return tuple(_target(r) for r in (rows.filter(active=True) if active else rows))


def shared_target(target_id: str) -> TargetView | None:
    row = models.Target.objects.filter(id=target_id).first()
    return _target(row) if row else None


@dataclass(frozen=True, slots=True)
class TargetAnswer:
    """What one target answered: ``hits`` in all, the first records, and ``faults`` where something
    went wrong, records that did come notwithstanding."""

    target: TargetView
    hits: int
    records: tuple[SharedRecord, ...]
    faults: tuple[Reason, ...]


def shared_records(
    *,
    isbn: str = "",
    issn: str = "",
    title: str = "",
    author: str = "",
    targets: Collection[str] | None = None,
    most: int = 0,
) -> tuple[TargetAnswer, ...]:
    """Ask the targets in use (or those named by id) at once; one answer each, in their order.

    Takes as long as the slowest target may take. Never called inside a command, never raises for what
    a target does. A target that lacks an index of the question says so among its faults.

    Args:
        most: records wanted of each, at most what its profile says; 0 leaves it to the profile.
    """
    wanted = Wanted(isbn=isbn, issn=issn, title=title, author=author)
    rows = models.Target.objects.order_by("position", "name")
    chosen = rows.filter(active=True) if targets is None else rows.filter(id__in=list(targets))
    return _answers([(r, _target(r)) for r in chosen], wanted, most)


def _answers(
    chosen: Sequence[tuple[models.Target, TargetView]], wanted: Wanted, most: int
) -> tuple[TargetAnswer, ...]:
    asked: list[strangers.Question | Reason] = [
        _question(row, view.profile, wanted, most) for row, view in chosen
    ]
    put = [q for q in asked if isinstance(q, strangers.Question)]
    answers = iter(strangers.ask_all(put))
    return tuple(
        _read(view, next(answers))
        if isinstance(question, strangers.Question)
        else TargetAnswer(view, 0, (), (question,))
        for (_, view), question in zip(chosen, asked, strict=True)
    )


def _question(
    row: models.Target, profile: Profile, wanted: Wanted, most: int
) -> strangers.Question | Reason:
    try:
        password = decrypt(row.password)
    except ValueError:
        return stop("target-password")
    profile = replace(profile, most=min(most or profile.most, profile.most))
    if profile.kind == "sru":
        query = targets.cql(profile, wanted)
        if query is None:
            return stop("target-index")
        return strangers.Question(
            kind="http",
            address=targets.sru_url(profile, query),
            user=row.user,
            password=password,
            seconds=profile.seconds,
            accept="application/xml, text/xml",
        )
    pqf = targets.pqf(profile, wanted)
    utf8 = targets.pqf(profile, wanted, "utf-8")
    if utf8 is None or (pqf is None and not profile.negotiate):
        return stop("target-index")
    return strangers.Question(
        kind="z3950",
        address=profile.address,
        port=profile.port,
        database=profile.database,
        user=row.user,
        password=password,
        pqf=pqf or b"",
        pqf_utf8=utf8,
        syntax=profile.syntax,
        negotiate=profile.negotiate,
        marc8=profile.record_charset == "marc-8",
        most=profile.most,
        seconds=profile.seconds,
    )


def _read(view: TargetView, answer: strangers.Answer) -> TargetAnswer:
    faults = []
    if answer.fault is not None and (view.profile.kind == "z3950" or not answer.body):
        faults.append(_fault(answer.fault, view.profile))
    if view.profile.kind == "sru":
        return _read_sru(view, answer, faults)
    charset = "utf-8" if answer.utf8 else view.profile.record_charset
    read = [targets.read_marc(r.data, charset, r.xml) for r in answer.records]
    records = tuple(r for r in read if isinstance(r, SharedRecord))
    faults += _unreadable([r for r in read if isinstance(r, Note)])
    faults += _other_charset(records, charset)
    return TargetAnswer(view, answer.hits, records, tuple(faults))


def _read_sru(view: TargetView, answer: strangers.Answer, faults: list[Reason]) -> TargetAnswer:
    if not answer.body:
        return TargetAnswer(view, 0, (), tuple(faults))
    read = targets.read_sru(answer.body)
    if answer.fault is not None and not read.diagnostics:
        faults.append(_fault(answer.fault, view.profile))
    else:
        faults += [
            stop("target-diagnostic", number=d.number, said=d.text) for d in read.diagnostics
        ]
        faults += _unreadable(read.unreadable)
    return TargetAnswer(view, read.hits, read.records[: view.profile.most], tuple(faults))


def _unreadable(notes: Sequence[Note]) -> list[Reason]:
    """One fault for all records that could not be read."""
    return [stop("target-unreadable", count=len(notes), note=notes[0].code)] if notes else []


def _other_charset(records: Sequence[SharedRecord], charset: str) -> list[Reason]:
    """Records that are not in the character set the profile says: read, and said once."""
    other = sum(any(n.code == "other_charset" for n in r.notes) for r in records)
    garbled = sum(any(n.code == "undecodable" for n in r.notes) for r in records)
    said = [tell("target-other-charset", count=other, charset=charset)] if other else []
    return [*said, stop("target-charset", count=garbled, charset=charset)] if garbled else said


_FAULTS = {
    "absent": stop("target-program-missing"),
    "unreachable": stop("target-unreachable"),
    "closed": stop("target-closed"),
    "refused": stop("target-refused"),
    "too-large": stop("target-too-large", limit=MOST_RECORD >> 20, whole=MOST_BYTES >> 20),
}


def _fault(fault: strangers.Fault, profile: Profile) -> Reason:
    if fault.code == "diagnostic":
        return stop("target-diagnostic", number=fault.number, said=fault.text)
    if fault.code == "http":
        return stop("target-http", status=fault.number)
    if fault.code == "silent":
        return stop("target-silent", seconds=profile.seconds)
    return _FAULTS.get(fault.code, stop("target-garbled"))


@dataclass(frozen=True, slots=True)
class FoundView:
    """A record kept since a search."""

    id: str
    target: TargetView
    record: SharedRecord
    found_at: datetime


def found_record(found_id: str) -> FoundView | None:
    """A record as a target answered it; None once it is forgotten."""
    row = models.FoundRecord.objects.select_related("target").filter(id=found_id).first()
    if row is None:
        return None
    charset = GB18030 if row.charset == GB18030 else UTF8
    read = targets.read_marc(bytes(row.data), charset)
    if isinstance(read, Note):
        return None
    record = SharedRecord(
        bytes(row.source), row.source_charset, bytes(row.data), charset, read.format, read.record
    )
    return FoundView(row.id, _target(row.target), record, row.found_at)


@dataclass(frozen=True, slots=True)
class Overlay:
    """What putting a found record over a title would do: line by line, the tags of ours that stay,
    and the fingerprint of our record that it was worked out from."""

    changes: tuple[Change, ...]
    protected: tuple[str, ...]
    seen: str

    @property
    def nothing(self) -> bool:
        """Whether nothing would change."""
        return all(c.sign == " " for c in self.changes)


def protected_fields(place: str) -> tuple[str, ...]:
    """Tags of a library's own fields, which no record of others replaces."""
    return protected_tags(str(places.setting(place, "catalog.protected_fields").value))


def overlay(found: FoundView, title: str, place: str) -> Overlay | None:
    """The preview of an overlay; None where the title or its record can't be read, or the two are not
    in the same format."""
    view = catalog.source(title)
    ours = catalog.marc(view) if view else None
    if view is None or ours is None or view.format != found.record.format:
        return None
    tags = protected_fields(place)
    made = overlaid(ours, found.record.record, tags)
    return Overlay(changes(ours, made), tags, catalog.fingerprint(view.data))


@dataclass(frozen=True, slots=True)
class TakenView:
    """Where a title's record was taken from."""

    target_name: str
    how: str
    taken_at: datetime
    source: bytes
    source_charset: str


def taken(title: str) -> tuple[TakenView, ...]:
    """Every record taken over into a title, the newest first."""
    rows = models.TakenRecord.objects.filter(title=title).order_by("-taken_at", "-id")
    return tuple(
        TakenView(r.target_name, r.how, r.taken_at, bytes(r.source), r.source_charset) for r in rows
    )
