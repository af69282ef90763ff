"""Gathering other libraries' catalogues: one request at a time, outside any transaction; what came of
it is written afterwards. A run goes on where it stopped, however it stopped."""

from __future__ import annotations

from collections.abc import Callable

from shuxiang.apps.exchange import queries
from shuxiang.apps.exchange.commands import harvests as commands
from shuxiang.apps.exchange.commands.harvests import AT_ONCE, Gathered
from shuxiang.formats import oai
from shuxiang.formats.notes import Note
from shuxiang.kernel.context import Context
from shuxiang.runtime import strangers

Acting = Callable[[], Context]
"""Who acts, anew for each command: the worker or the command line."""
SECONDS = 60
MOST_DATA = 100_000
"""Bytes of a record's metadata that are kept; of longer ones the description alone."""


def step(source: queries.HarvestView, acting: Acting) -> bool:
    """Put the next request of a source; False when its run is over or can't go on now."""
    run = source.run or _begin(source, acting)
    if not run:
        return False
    if source.token:
        asked = {"verb": "ListRecords", "resumptionToken": source.token}
    else:
        asked = {"verb": "ListRecords", "metadataPrefix": source.prefix}
        if source.set_spec:
            asked["set"] = source.set_spec
        now = queries.harvest(source.id)
        if now is not None and now.changed_since is not None:
            asked["from"] = oai.datestamp(now.changed_since, by_day=now.by_day)
    document = _get(source, asked, acting)
    if document is None:
        return False
    page = oai.read_page(document)
    if isinstance(page, Note):
        return _failed(source, acting, page.message)
    if "badResumptionToken" in page.errors and source.token:
        return _failed(source, acting, "badResumptionToken", restart=True)
    if page.errors and page.errors != ("noRecordsMatch",):
        return _failed(source, acting, ", ".join(page.errors))
    if page.token and page.token == source.token:
        return _failed(source, acting, "the same resumption token twice", restart=True)
    titles = [_gathered(r) for r in page.records]
    for first in range(0, len(titles), AT_ONCE):
        part = titles[first : first + AT_ONCE]
        commands.keep_gathered(harvest=source.id, run=run, titles=part, ctx=acting())
    commands.page_gathered(
        harvest=source.id,
        run=run,
        token=page.token,
        answered_at=oai.moment(page.answered_at) or acting().occurred_at,
        count=len(titles),
        complete=page.complete,
        ctx=acting(),
    )
    if page.token:
        return True
    now = queries.harvest(source.id)
    if source.changed_since is None or (now is not None and not now.keeps_deleted):
        while commands.forget_unseen(harvest=source.id, ctx=acting()):
            pass
    return False


def _begin(source: queries.HarvestView, acting: Acting) -> int:
    document = _get(source, {"verb": "Identify"}, acting)
    if document is None:
        return 0
    identity = oai.read_identity(document)
    if isinstance(identity, Note):
        _failed(source, acting, identity.message)
        return 0
    return commands.harvest_begun(
        harvest=source.id,
        by_day=identity.by_day,
        keeps_deleted=identity.keeps_deleted,
        ctx=acting(),
    )


def _get(source: queries.HarvestView, asked: dict[str, str], acting: Acting) -> bytes | None:
    answer = strangers.ask(
        strangers.Question(
            kind="http",
            address=oai.request_url(source.address, asked),
            seconds=SECONDS,
            accept="application/xml, text/xml",
        )
    )
    if answer.fault is None:
        return answer.body
    said = " ".join(str(x) for x in (answer.fault.code, answer.fault.number or "") if x)
    later = dict(answer.headers).get("retry-after", "")
    wait = int(later) if later.isascii() and later.isdecimal() else 0
    _failed(source, acting, said, wait)
    return None


def _failed(
    source: queries.HarvestView, acting: Acting, error: str, wait: int = 0, *, restart: bool = False
) -> bool:
    commands.harvest_failed(
        harvest=source.id, error=error, wait_seconds=wait, restart=restart, ctx=acting()
    )
    return False


def _gathered(record: oai.ForeignRecord) -> Gathered:
    identifier = record.identifier[:200]
    about = None if record.deleted or not record.part else oai.described(record.part)
    if about is None:
        # Deleted there, or nothing in it that could be shown: not here either.
        return Gathered(identifier)
    isbn = about.isbns[0] if about.isbns else ""
    data = record.part if len(record.part) <= MOST_DATA else b" "
    return Gathered(identifier, about.title, about.author, about.publisher, about.year, isbn, data)


def gather(
    harvest: str, acting: Acting, *, stopping: Callable[[], bool] = lambda: False,
    told: Callable[[queries.HarvestView], None] = lambda _source: None,
) -> queries.HarvestView | None:  # fmt: skip
    """Bring one source to the end of its run, or as far as it goes now; returns how it stands then."""
    while (source := queries.harvest(harvest)) is not None:
        told(source)
        if stopping() or not step(source, acting):
            break
    return queries.harvest(harvest)
