"""Where an index lies on disk and how it changes.

The folder holds a generation (`g…/`, a Tantivy index) named by the file `CURRENT`. A
rebuild fills a new generation beside it and swaps the name, so searching never stops. The ledger
position an index has reached is a record of its own, written in the same commit as the titles:
after a crash the index is exactly at the position it says.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import tantivy

from shuxiang.apps.search import schema
from shuxiang.apps.search.documents import TitleDocument, index_json
from shuxiang.kernel.ids import new_id

_CURRENT = "CURRENT"
# Reads "tantivy v0.27.0, index_format v7"; the library's type description leaves it out.
_FORMAT = f"{schema.VERSION}-{tantivy.__version__.split()[-1]}"  # type: ignore[attr-defined]


class Folder:
    """The folder of an index and the names of generations in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._root = str(path)
        self._current = str(path / _CURRENT)

    def current_name(self) -> str | None:
        """The generation to read; None when there is none that this program's schema and version of
        Tantivy can read."""
        known = ""
        while True:
            try:
                with open(self._current, encoding="ascii") as file:
                    said = file.read()
            except FileNotFoundError:
                return None
            version, _, name = said.strip().partition(" ")
            if version != _FORMAT or not name:
                return None
            if os.path.exists(f"{self._root}/{name}/meta.json"):
                return name
            if said == known:
                return None
            # Between the two looks a rebuild may have put a new generation in place of this one.
            known = said

    def stamp(self, name: str) -> tuple[int, int]:
        """Changes with every commit to the generation."""
        state = os.stat(f"{self._root}/{name}/meta.json")
        return state.st_mtime_ns, state.st_ino

    def new_name(self) -> str:
        """A name no generation has or, its folder deleted, has had."""
        return f"g{new_id()}"

    def point_to(self, name: str) -> None:
        """Make a generation the one to read, durably and in one step."""
        temporary = self.path / (_CURRENT + ".new")
        with temporary.open("w", encoding="ascii") as out:
            out.write(f"{_FORMAT} {name}\n")
            out.flush()
            os.fsync(out.fileno())
        os.replace(temporary, self.path / _CURRENT)
        folder = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def remove_old(self, name: str) -> None:
        """Remove every generation but this one."""
        for old in self.path.glob("g*"):
            if old.name != name:
                shutil.rmtree(old, ignore_errors=True)


class Writer:
    """Changes to an index under its lock; nothing is visible or kept before `commit`."""

    def __init__(self, writer: tantivy.IndexWriter, position: int, is_new: bool = False) -> None:
        self._writer = writer
        self._is_new = is_new
        self.position = position

    def put(self, document: TitleDocument) -> None:
        """Add a title, or replace the one with its id."""
        if not self._is_new:
            self._writer.delete_documents_by_term("id", document.title_id)
        self._writer.add_json(index_json(document))

    def remove(self, title_id: str) -> None:
        """Take a title out; one that isn't there is no error."""
        self._writer.delete_documents_by_term("id", title_id)

    def commit(self, position: int) -> None:
        """Make everything since the last commit durable and visible, at this position."""
        self._writer.delete_documents_by_term("meta", "position")
        mark = tantivy.Document()
        mark.add_text("meta", "position")
        mark.add_text("position", str(position))
        self._writer.add_document(mark)
        self._writer.commit()
        self.position = position

    def close(self) -> None:
        """Drop what wasn't committed and let running merges end."""
        self._writer.wait_merging_threads()


def open_index(folder: Path) -> tantivy.Index:
    """A generation opened for reading; `reload` is the caller's."""
    index = tantivy.Index.open(str(folder))
    schema.register(index)
    index.config_reader("manual")
    index.reload()
    return index


def stored_position(index: tantivy.Index) -> int:
    """The ledger sequence the opened commit says it has reached."""
    searcher = index.searcher()
    mark = tantivy.Query.term_query(index.schema, "meta", "position", "basic")
    found = searcher.search(mark, limit=1).hits
    if not found:
        return 0
    return int(searcher.doc(found[0][1]).get_first("position") or 0)
