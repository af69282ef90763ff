"""The index beside the ledger: coalescing, rebuilding by itself, spellings the library adds."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from django.conf import LazySettings

from shuxiang.apps.catalog import commands as catalog
from shuxiang.apps.search import commands, queries
from shuxiang.apps.search.answers import Query
from shuxiang.apps.search.engine import Index
from shuxiang.apps.search.store import Writer
from shuxiang.apps.stock.commands import items
from shuxiang.apps.stock.commands.categories import seed_categories
from shuxiang.formats.marc import Bibliographic
from shuxiang.formats.marc.bibliographic.model import Person
from shuxiang.kernel.decision import Refused
from shuxiang.runtime import worker
from tests.support.library import Contexts, Library

SUBSCRIPTIONS = {commands.CONSUMER: commands.handle}


@pytest.fixture
def fresh(library: Library, settings: LazySettings, tmp_path: Path) -> Index:
    """This test's own index, empty."""
    seed_categories(ctx=Contexts(library)())
    settings.INDEX_DIR = tmp_path / "index"
    commands._read.position = -1
    commands._read.titles.clear()
    return queries.index()


def _title(library: Library, name: str, author: str = "佚名") -> str:
    return catalog.add_title(
        bibliographic=Bibliographic(format="cnmarc", title=name, persons=(Person(author, "著"),)),
        ctx=Contexts(library)(),
    )


def _item(library: Library, title: str, barcode: str) -> None:
    items.add_item(
        title=title, barcode=barcode, owner=library.main, category="book",
        call_number="I2/1", ctx=Contexts(library)(),
    )  # fmt: skip


@pytest.fixture
def put(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of the titles written to the index, in order."""
    written: list[str] = []
    plain = Writer.put

    def watched(self: Writer, document: object) -> None:
        written.append(document.title_id)  # type: ignore[attr-defined]
        plain(self, document)  # type: ignore[arg-type]

    monkeypatch.setattr(Writer, "put", watched)
    return written


@pytest.mark.django_db(transaction=True)
def test_a_title_is_indexed_once_in_a_stretch_of_batches(
    library: Library, fresh: Index, put: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.catch_up(SUBSCRIPTIONS)
    titles = [_title(library, f"合并{n}") for n in range(3)]
    for n, title in enumerate(titles):
        _item(library, title, f"K{n:03d}")
    worker.number_all()
    put.clear()
    monkeypatch.setattr(worker, "DELIVER_AT_ONCE", 2)
    while worker.deliver(commands.CONSUMER, commands.handle):
        pass
    assert sorted(put) == sorted(titles)
    assert fresh.position == worker.number_all()
    found = fresh.search(Query("合并1", facets=("place",)))
    assert [hit.title_id for hit in found.hits] == [titles[1]]
    assert library.main in dict(found.facets["place"])
    # What happens later is indexed again.
    _item(library, titles[0], "K009")
    worker.catch_up(SUBSCRIPTIONS)
    assert put[3:] == [titles[0]]
    assert fresh.search(Query("K009")).hits[0].title_id == titles[0]


@pytest.mark.django_db(transaction=True)
def test_what_was_read_ahead_is_forgotten_when_another_writes(
    library: Library, fresh: Index, put: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.catch_up(SUBSCRIPTIONS)
    title = _title(library, "另写")
    _item(library, title, "K100")
    worker.number_all()
    monkeypatch.setattr(worker, "DELIVER_AT_ONCE", 1)
    put.clear()
    assert worker.deliver(commands.CONSUMER, commands.handle) == 1
    fresh.apply([], [title], fresh.position - 1)
    while worker.deliver(commands.CONSUMER, commands.handle):
        pass
    assert fresh.search(Query("另写")).total == 1
    assert put == [title, title]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["deleted", "damaged", "older"])
def test_an_index_that_cannot_be_read_is_made_anew_by_itself(
    library: Library, fresh: Index, how: str
) -> None:
    _title(library, "自愈")
    commands.rebuild()
    assert not commands.keep()
    if how == "deleted":
        shutil.rmtree(fresh.path)
    elif how == "damaged":
        for part in fresh.path.glob("g*/*.idx"):
            part.unlink()
        fresh._generation = None
    else:
        name = (fresh.path / "CURRENT").read_text().split()[1]
        (fresh.path / "CURRENT").write_text(f"1 {name}\n")
    assert commands.keep()
    assert queries.search(Query("自愈")).total == 1  # type: ignore[union-attr]
    assert not commands.keep()
    assert queries.status() == queries.Status(True, fresh.position, 0)


@pytest.mark.django_db(transaction=True)
def test_status_says_how_far_behind_and_what_fails(
    library: Library, fresh: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not queries.status().is_well
    commands.rebuild()
    _title(library, "落后")
    worker.number_all()
    assert queries.status().behind == 1

    def broken(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(commands, "_apply", broken)
    assert worker.deliver(commands.CONSUMER, commands.handle) == 0
    status = queries.status()
    assert not status.is_well
    assert "no space left" in status.failing


@pytest.mark.django_db(transaction=True)
def test_other_spellings_find_a_title_and_the_library_may_change_them(
    library: Library, fresh: Index
) -> None:
    for name in ("身份的焦虑", "活着", "猫城记"):
        _title(library, name)
    commands.rebuild()

    def totals(*texts: str) -> list[int]:
        return [queries.search(Query(text)).total for text in texts]  # type: ignore[union-attr]

    assert totals("身分的焦虑", "活著", "喵城记") == [1, 1, 0]
    ctx = Contexts(library)
    assert commands.set_variant(spellings=("喵", "貓"), active=True, ctx=ctx()) == ("喵", "猫")
    commands.set_variant(spellings=("着", "著"), active=False, ctx=ctx())
    assert ("着", "著") not in queries.spelling_variants()
    assert totals("身分的焦虑", "活著", "喵城记") == [1, 0, 1]
    commands.set_variant(spellings=("著", "着"), active=True, ctx=ctx())
    assert totals("活著") == [1]
    with pytest.raises(Refused) as refused:
        commands.set_variant(spellings=("着", "着 "), active=True, ctx=ctx())
    assert [r.code for r in refused.value.decision.reasons] == ["variant-count-invalid"]


@pytest.mark.django_db(transaction=True)
def test_what_was_meant_is_a_title_or_the_nearest_author(library: Library, fresh: Index) -> None:
    _title(library, "活着", "余华")
    _title(library, "红楼梦", "曹雪芹")
    commands.rebuild()

    def meant(text: str) -> tuple[str, ...]:
        result = queries.search(Query(text))
        assert result is not None
        return queries.meant(text, result)

    assert meant("红搂梦") == ("红楼梦",)
    assert meant("曹学芹") == ("曹雪芹",)
    assert meant("hongloumneg") == ("红楼梦",)
    assert meant("红楼梦") == ()
    assert meant("量子色动力学") == ()
