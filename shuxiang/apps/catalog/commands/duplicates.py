"""Searching the whole catalogue for duplicates, and what people say of them.

The keys of all titles go to a scratch file, sorted there, so that memory stays flat however large the
catalogue is; titles are compared only within a group that shares a key, and what was found is written
in small commands.
"""

from __future__ import annotations

import itertools
import json
import os
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing

import msgspec

from shuxiang.apps.catalog import alike, models, queries
from shuxiang.apps.catalog.alike import Compared
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import sql
from shuxiang.runtime.commands import command

READ_AT_ONCE = 1000
COMPARE_AT_ONCE = 400
WRITE_AT_ONCE = 100
CROWD = 30
"""A group of more titles than this is compared between neighbours alone, in the order of what they
say: twelve printings of one textbook are found, and ten thousand 语文 don't take all night."""
NEIGHBOURS = 8


class Pair(msgspec.Struct, frozen=True, array_like=True):
    """Two titles that look like one, the older first."""

    library: str
    first: str
    second: str
    score: int
    why: tuple[tuple[str, int], ...]


@command("catalog.begin_duplicate_search", permission="catalog.merge")
def begin_search(*, ctx: Context, queued: bool = False) -> str:
    """Begin a search, or with ``queued`` leave it to the worker; returns its id. One that was under way
    is stopped: the new one covers it."""
    models.DuplicateSearch.objects.filter(state__in=("running", "queued")).update(
        state="stopped", ended_at=ctx.occurred_at
    )
    row = models.DuplicateSearch(
        id=new_id(),
        state="queued" if queued else "running",
        by_worker=queued,
        started_at=ctx.occurred_at,
        started_by=ctx.actor.id if ctx.actor.kind == "staff" else "",
    )
    row.save(force_insert=True)
    return str(row.id)


@command("catalog.note_duplicates", permission="catalog.merge")
def note_duplicates(
    *,
    search: str,
    pairs: tuple[Pair, ...],
    read: int,
    compared: int,
    crowded: int,
    done: bool,
    ctx: Context,
) -> None:
    """Write what a search found so far; ``done`` also takes pairs out of the queue that it did not
    find any more. What people decided stays. Raises Refused: duplicate-search-stopped."""
    found = models.DuplicateSearch.objects.select_for_update().filter(id=search).first()
    if found is None or found.state not in ("running", "queued"):
        raise refuse(stop("duplicate-search-stopped"))
    # A title removed or merged since it was read is none any more.
    named = [i for p in pairs for i in (p.first, p.second)]
    live = set(
        models.Title.objects.filter(id__in=named, alias_of=None).values_list("id", flat=True)
    )
    sql.many(
        "INSERT INTO catalog_duplicate (id, library, first_id, second_id, score, why, state, search, "
        "decided_by) VALUES (?, ?, ?, ?, ?, ?, 'open', ?, '') ON CONFLICT (first_id, second_id) DO "
        "UPDATE SET score = excluded.score, why = excluded.why, search = excluded.search",
        [
            (new_id(), p.library, p.first, p.second, p.score, json.dumps(p.why), search)
            for p in pairs
            if p.first in live and p.second in live
        ],
    )
    found.read, found.compared, found.crowded = read, compared, crowded
    found.found = models.Duplicate.objects.filter(search=search).count()
    found.state = "running"
    if done:
        found.state, found.ended_at = "done", ctx.occurred_at
        models.Duplicate.objects.filter(state="open").exclude(search=search).delete()
    found.save()


@command("catalog.titles_differ", permission="catalog.merge")
def titles_differ(*, first: str, second: str, ctx: Context) -> None:
    """Remember that two titles are two publications, so that nobody is asked again. Raises Refused:
    title-unknown."""
    one, other = sorted((first, second))
    rows = {t.id: t for t in models.Title.objects.filter(id__in=(one, other), alias_of=None)}
    if len(rows) != 2:
        raise refuse(stop("title-unknown"))
    models.Duplicate.objects.update_or_create(
        first_id=one,
        second_id=other,
        defaults={
            "state": "differ",
            "decided_at": ctx.occurred_at,
            "decided_by": ctx.actor.id,
        },
        create_defaults={
            "id": new_id(),
            "library": rows[one].library,
            "score": 0,
            "why": [],
            "state": "differ",
            "search": one,
            "decided_at": ctx.occurred_at,
            "decided_by": ctx.actor.id,
        },
    )


@command("catalog.ask_again", permission="catalog.merge")
def ask_again(*, duplicate: str, ctx: Context) -> None:
    """Take "these differ" back: the pair stands in the queue again. Raises Refused:
    duplicate-unknown."""
    found = models.Duplicate.objects.filter(id=duplicate, state="differ").first()
    if found is None:
        raise refuse(stop("duplicate-unknown"))
    found.state, found.decided_at, found.decided_by = "open", None, ""
    found.save()


def search(search_id: str, ctx: Context) -> Iterator[int]:
    """Do a search that was begun, step by step; yields the titles read so far. It is begun anew where
    it was interrupted: nothing it wrote is written twice."""
    handle, path = tempfile.mkstemp(prefix="shuxiang-duplicates-")
    os.close(handle)
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as scratch:
            yield from _Search(search_id, ctx, scratch).steps()
    finally:
        os.unlink(path)


class _Search:
    def __init__(self, search_id: str, ctx: Context, scratch: sqlite3.Connection) -> None:
        self.id, self.ctx, self.scratch = search_id, ctx, scratch
        self.read = self.compared = self.crowded = self.written = 0
        self.found: list[Pair] = []
        scratch.execute("PRAGMA journal_mode = OFF")
        scratch.execute("PRAGMA synchronous = OFF")
        scratch.execute("PRAGMA cache_size = -16000")
        scratch.execute("CREATE TABLE keyed (key INTEGER, title TEXT)")
        scratch.execute(
            "CREATE TABLE pairs (one TEXT, other TEXT, PRIMARY KEY (one, other)) WITHOUT ROWID"
        )

    def steps(self) -> Iterator[int]:
        for titles in queries.to_compare(READ_AT_ONCE):
            self.read += len(titles)
            self._put([(key, t.id) for t in titles for key in alike.blocks(t)])
            yield self.read
        self.scratch.execute("CREATE INDEX by_key ON keyed (key, title)")
        yield self.read
        for groups in self._groups():
            self._compare(groups)
            while len(self.found) >= WRITE_AT_ONCE:
                self._write()
            yield self.read
        while len(self.found) > WRITE_AT_ONCE:
            self._write()
        self._write(done=True)
        yield self.read

    def _put(self, rows: list[tuple[int, str]]) -> None:
        self.scratch.execute("BEGIN")
        self.scratch.executemany("INSERT INTO keyed VALUES (?, ?)", rows)
        self.scratch.execute("COMMIT")

    def _groups(self) -> Iterator[list[list[str]]]:
        """Groups of titles that share a key, some of them at a time."""
        rows = self.scratch.execute(
            "SELECT key, title FROM keyed WHERE key IN "
            "(SELECT key FROM keyed GROUP BY key HAVING COUNT(*) > 1) ORDER BY key, title"
        )
        gathered: list[list[str]] = []
        size = 0
        for _key, members in itertools.groupby(rows, key=lambda row: row[0]):
            group = list(dict.fromkeys(title for _, title in members))
            if len(group) < 2:
                continue
            gathered.append(group)
            size += len(group)
            if size >= COMPARE_AT_ONCE:
                yield gathered
                gathered, size = [], 0
        if gathered:
            yield gathered

    def _compare(self, groups: Sequence[Sequence[str]]) -> None:
        known: dict[str, Compared] = {}
        wanted = list(dict.fromkeys(i for group in groups for i in group))
        for start in range(0, len(wanted), READ_AT_ONCE // 2):
            known |= queries.compared(wanted[start : start + READ_AT_ONCE // 2])
        self.scratch.execute("BEGIN")
        for group in groups:
            members = [known[i] for i in group if i in known]
            for one, other in self._couples(members):
                first, second = sorted((one.id, other.id))
                new = self.scratch.execute(
                    "INSERT OR IGNORE INTO pairs VALUES (?, ?)", (first, second)
                ).rowcount
                if not new:
                    continue
                self.compared += 1
                like = alike.likeness(one, other)
                if like.listed:
                    self.found.append(Pair(one.library, first, second, like.score, like.parts))
        self.scratch.execute("COMMIT")

    def _couples(self, members: list[Compared]) -> Iterator[tuple[Compared, Compared]]:
        if len(members) <= CROWD:
            yield from itertools.combinations(members, 2)
            return
        self.crowded += 1
        members.sort(key=lambda m: (m.title, m.volume, m.edition, m.isbns, m.extent, m.id))
        for n, one in enumerate(members):
            for other in members[n + 1 : n + 1 + NEIGHBOURS]:
                yield one, other

    def _write(self, done: bool = False) -> None:
        part, self.found = self.found[:WRITE_AT_ONCE], self.found[WRITE_AT_ONCE:]
        self.written += 1
        note_duplicates(
            search=self.id,
            pairs=tuple(part),
            read=self.read,
            compared=self.compared,
            crowded=self.crowded,
            done=done,
            ctx=self.ctx.with_key(f"{self.id}-{new_id()}"),
        )
