"""Facets, filters, sorts, and an index that survives what happens to processes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from shuxiang.apps.search.answers import Query
from shuxiang.apps.search.documents import TitleDocument
from shuxiang.apps.search.engine import Index, IndexUnreadable
from shuxiang.apps.search.lock import LockTimeout, WriterLock

from .conftest import LIBRARY, NAMES, document, title_id, titles


def test_facets_count_the_titles_found(small_index: Index) -> None:
    facets = small_index.search(Query("红楼梦")).facets
    assert dict(facets["place"]) == {"network": 4, "main": 3, "north": 2}
    assert facets["main_class"] == (("I", 4),)
    assert dict(facets["year"]) == {"1996": 1, "2001": 1, "2005": 1, "2015": 1}
    assert facets["kind"] == (("book", 4),)
    assert facets["language"] == (("chi", 4),)
    assert facets["audience"] == (("adult", 2),)
    assert dict(facets["available"]) == {"1": 2, "0": 2}


def test_only_the_facets_asked_for_are_counted(small_index: Index) -> None:
    assert list(small_index.search(Query("红楼梦", facets=("year",))).facets) == ["year"]
    assert dict(small_index.search(Query("红楼梦", facets=())).facets) == {}


FILTERED = [
    ({"place": ("north",)}, {"红楼梦", "图解红楼梦"}),
    ({"place": ("main", "north")}, {"红楼梦", "图解红楼梦", "红楼梦研究", "脂砚斋评石头记"}),
    ({"available": ("1",)}, {"红楼梦", "图解红楼梦"}),
    ({"available": ("1",), "place": ("main",)}, set()),
    ({"year": ("1996",)}, {"红楼梦"}),
    ({"year": ("2000-2010",)}, {"红楼梦研究", "脂砚斋评石头记"}),
    ({"year": ("2010-",)}, {"图解红楼梦"}),
    ({"year": ("-1996",)}, {"红楼梦"}),
    ({"class": ("I207",)}, {"红楼梦研究", "图解红楼梦"}),
    ({"author": ("曹雪芹",)}, {"红楼梦"}),
    ({"subject": ("古典小说",)}, {"红楼梦"}),
    ({"audience": ("adult",), "year": ("2005",)}, {"脂砚斋评石头记"}),
    ({"kind": ("map",)}, set()),
    ({"kind": ()}, {"红楼梦", "图解红楼梦", "红楼梦研究", "脂砚斋评石头记"}),
]


@pytest.mark.parametrize(("filters", "found"), FILTERED)
def test_filters(small_index: Index, filters: dict[str, tuple[str, ...]], found: set[str]) -> None:
    assert set(titles(small_index, "红楼梦", filters=filters)) == found


def test_a_filtered_facet_still_counts_its_other_values(small_index: Index) -> None:
    facets = small_index.search(Query("红楼梦", filters={"year": ("1996",)})).facets
    assert dict(facets["year"]) == {"1996": 1, "2001": 1, "2005": 1, "2015": 1}
    assert dict(facets["place"]) == {"network": 1, "main": 1, "north": 1}


def test_available_is_counted_in_the_place_chosen(small_index: Index) -> None:
    there = small_index.search(Query("红楼梦", filters={"place": ("main",)})).facets["available"]
    assert there == (("0", 3),)
    there = small_index.search(Query("红楼梦", filters={"place": ("north",)})).facets["available"]
    assert there == (("1", 2),)


SORTED = [
    ("newest", ["图解红楼梦", "红楼梦研究", "红楼梦", "脂砚斋评石头记"]),
    ("year", ["图解红楼梦", "脂砚斋评石头记", "红楼梦研究", "红楼梦"]),
    ("oldest", ["红楼梦", "红楼梦研究", "脂砚斋评石头记", "图解红楼梦"]),
    ("loans", ["图解红楼梦", "红楼梦", "红楼梦研究", "脂砚斋评石头记"]),
    ("title", ["红楼梦", "红楼梦研究", "图解红楼梦", "脂砚斋评石头记"]),
]


@pytest.mark.parametrize(("sort", "order"), SORTED)
def test_sorts(small_index: Index, sort: str, order: list[str]) -> None:
    assert titles(small_index, "红楼梦", sort=sort) == order


def test_no_text_lists_everything_newest_first(small_index: Index) -> None:
    result = small_index.search(Query(size=3))
    assert result.total == len(LIBRARY) == small_index.size
    assert [NAMES[h.title_id] for h in result.hits] == ["活着", "C语言程序设计", "图解红楼梦"]
    assert titles(small_index, "", sort="loans", size=2) == ["图解红楼梦", "活着"]
    assert titles(small_index, "  ", sort="oldest", size=100)[-1] != ""


def test_popularity_breaks_ties(empty: Index) -> None:
    shelf = [document(f"e{n}", "围城", loans=n * 10) for n in (1, 3, 2)]
    empty.rebuild(shelf, 1)
    found = [hit.title_id for hit in empty.search(Query("围城")).hits]
    assert found == [title_id("e3"), title_id("e2"), title_id("e1")]


def test_pages_are_disjoint_and_complete(small_index: Index) -> None:
    pages = [small_index.search(Query(page=page, size=7)) for page in (1, 2, 3, 4, 5)]
    ids = [hit.title_id for page in pages for hit in page.hits]
    assert len(ids) == len(set(ids)) == len(LIBRARY)
    assert {page.total for page in pages} == {len(LIBRARY)}
    assert small_index.search(Query(page=2_000)).hits == ()


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (Query(sort="price"), "unknown sort 'price'; known: relevance, newest"),
        (Query(page=0), "page is from 1, size from 1 to 200"),
        (Query(size=201), "page is from 1, size from 1 to 200"),
        (Query(filters={"colour": ("red",)}), "unknown search filter 'colour'"),
        (Query(filters={"year": ("soon",)}), "a year filter is a year or a range"),
        (Query(facets=("colour",)), "unknown facets"),
    ],
)
def test_a_wrong_query_says_what_is_wrong(small_index: Index, query: Query, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        small_index.search(query)


def test_an_index_not_built_finds_nothing_and_says_so(empty: Index) -> None:
    assert (empty.is_built, empty.position, empty.size) == (False, 0, 0)
    assert empty.search(Query("红楼梦")).total == 0
    with pytest.raises(LookupError, match="rebuild it first"):
        empty.apply([], [], 1)


def test_changes_show_at_once_to_every_opened_index(empty: Index) -> None:
    other = Index.open(empty.path)
    empty.rebuild([document("活着", loans=1), document("兄弟")], 10)
    assert (other.search(Query("活着")).total, other.position, other.size) == (1, 10, 2)
    changed = TitleDocument(title_id("活着"), "活着 (新版)", available_places=("main",))
    empty.apply([changed, document("在细雨中呼喊")], [title_id("兄弟")], 12)
    assert other.position == 12
    assert [h.title_id for h in other.search(Query()).hits].count(title_id("活着")) == 1
    assert other.search(Query("新版")).total == 1
    assert other.search(Query("兄弟")).total == 0
    assert dict(other.search(Query()).facets["available"]) == {"1": 1, "0": 1}


def test_a_rebuild_replaces_everything_and_leaves_one_generation(empty: Index) -> None:
    empty.rebuild([document("活着")], 1)
    counted: list[int] = []
    assert empty.rebuild(iter([document("兄弟"), document("第七天")]), 2, counted.append) == 2
    assert counted == [2]
    assert (empty.search(Query("活着")).total, empty.size, empty.position) == (0, 2, 2)
    assert sorted(p.name[0] for p in empty.path.iterdir()) == ["C", "g", "l"]


def test_a_rebuild_that_fails_leaves_the_old_index(empty: Index) -> None:
    empty.rebuild([document("活着")], 5)

    def broken() -> Iterator[TitleDocument]:
        yield document("兄弟")
        raise OSError("the database went away")

    with pytest.raises(OSError, match="went away"):
        empty.rebuild(broken(), 9)
    assert (empty.size, empty.position) == (1, 5)
    assert empty.search(Query("活着")).total == 1
    assert sorted(p.name[0] for p in empty.path.iterdir()) == ["C", "g", "l"]


def test_a_change_that_fails_changes_nothing(empty: Index) -> None:
    empty.rebuild([document("活着")], 5)
    with pytest.raises(ValueError, match="32 hexadecimal digits"):
        empty.apply([document("兄弟"), TitleDocument("7", "坏")], [title_id("活着")], 6)
    assert (empty.size, empty.position, empty.search(Query("兄弟")).total) == (1, 5, 0)
    empty.apply([document("兄弟")], [], 6)
    assert (empty.size, empty.position) == (2, 6)


def test_a_damaged_index_says_so_and_a_rebuild_heals_it(empty: Index) -> None:
    empty.rebuild([document("活着")], 5)
    for part in empty.path.glob("g*/*.idx"):
        part.unlink()
    fresh = Index.open(empty.path)
    with pytest.raises(IndexUnreadable, match="rebuild it with reindex"):
        fresh.search(Query("活着"))
    fresh.rebuild([document("活着")], 6)
    assert (fresh.search(Query("活着")).total, fresh.position) == (1, 6)


def test_several_commits_under_one_lock(empty: Index) -> None:
    empty.rebuild([], 0)
    with empty.writing() as writer:
        for position in (3, 4):
            assert writer.position < position
            writer.put(document(f"第{position}卷"))
            writer.commit(position)
    assert (empty.size, empty.position) == (2, 4)


def test_a_writer_waits_its_turn_and_gives_up_clearly(empty: Index) -> None:
    empty.rebuild([], 0)
    with (
        WriterLock(empty.path / "lock", 0.0),
        pytest.raises(LockTimeout, match="being written by another process"),
        empty.writing(wait=0.05),
    ):
        pass
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with WriterLock(empty.path / "lock", 1.0):
            held.set()
            done.wait(60)

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(60)
    threading.Timer(0.1, done.set).start()
    empty.apply([document("活着")], [], 1)
    holder.join()
    assert empty.position == 1


def test_many_threads_search_while_one_writes(empty: Index) -> None:
    empty.rebuild([document(f"红楼梦{n}") for n in range(50)], 0)
    failures: list[BaseException] = []
    stop = threading.Event()

    def search() -> None:
        try:
            while not stop.is_set():
                assert empty.search(Query("红楼梦")).total >= 50
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=search) for _ in range(4)]
    for thread in threads:
        thread.start()
    for n in range(50, 56):
        empty.apply([document(f"红楼梦{n}")], [], n)
    empty.rebuild([document(f"红楼梦{n}") for n in range(60)], 60)
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert empty.search(Query("红楼梦")).total == 60


def test_a_generation_swapped_between_two_looks_is_not_taken_for_none(
    empty: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty.rebuild([document("红楼梦")], 1)
    plain, swapped = os.path.exists, []

    def swap_first(path: str) -> bool:
        # The rebuild ends after CURRENT was read and before the generation is looked for.
        if not swapped:
            swapped.append(path)
            Index.open(empty.path).rebuild([document("红楼梦"), document("围城")], 2)
        return plain(path)

    monkeypatch.setattr(os.path, "exists", swap_first)
    assert empty.search(Query("红楼梦")).total == 1
    assert (empty.is_built, empty.size) == (True, 2)


def test_the_folder_may_be_deleted_while_a_process_runs(empty: Index) -> None:
    empty.rebuild([document("红楼梦")], 1)
    assert empty.search(Query("红楼梦")).total == 1
    shutil.rmtree(empty.path)
    assert not empty.is_built
    assert empty.search(Query("红楼梦")).total == 0
    assert empty.rebuild([document("围城")], 2) == 1
    assert [empty.search(Query(t)).total for t in ("红楼梦", "围城")] == [0, 1]


def test_an_index_of_another_version_counts_as_none(empty: Index) -> None:
    empty.rebuild([document("红楼梦")], 1)
    version, name = (empty.path / "CURRENT").read_text().split()
    (empty.path / "CURRENT").write_text(f"0-{version.partition('-')[2]} {name}\n")
    assert not empty.is_built
    assert empty.rebuild([document("红楼梦")], 2, only_if_missing=True) == 1
    assert empty.position == 2
    assert empty.rebuild(iter(()), 3, only_if_missing=True) == 1
    assert empty.position == 2


_WRITING_FOREVER = """
    import sys
    sys.path.insert(0, {root!r})
    from shuxiang.apps.search.documents import TitleDocument
    from shuxiang.apps.search.engine import Index
    index = Index.open({path!r})
    position = index.position
    with index.writing() as writer:
        while True:
            position += 1
            writer.put(TitleDocument(f"{{position:032x}}", f"第{{position}}本书"))
            writer.commit(position)
            print(position, flush=True)
"""


def test_m1_the_index_survives_kill_9_at_its_position(empty: Index) -> None:
    empty.rebuild([], 0)
    root = str(Path(__file__).parents[3])
    script = textwrap.dedent(_WRITING_FOREVER.format(root=root, path=str(empty.path)))
    said = 0
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout is not None
            for _ in range(4):
                said = int(child.stdout.readline())
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
        fresh = Index.open(empty.path)
        assert fresh.position >= said
        assert fresh.size == fresh.position
        assert fresh.search(Query(f"第{fresh.position}本书")).total == 1
    last = fresh.position
    empty.apply([document("活着")], [], last + 1)
    assert (empty.size, empty.position) == (last + 1, last + 1)


def test_accessioned_on_before_1800_counts_as_unknown(empty: Index) -> None:
    empty.rebuild([document("古籍", accessioned_on=date(1700, 1, 1)), document("新书")], 1)
    assert empty.search(Query(sort="newest")).total == 2
