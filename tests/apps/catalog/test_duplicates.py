"""A5: the queue of duplicates: found by a search of the whole catalogue, decided by people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shuxiang.apps.catalog import commands, queries
from shuxiang.apps.catalog.commands import duplicates
from shuxiang.apps.catalog.models import Duplicate
from shuxiang.formats.marc import Bibliographic
from shuxiang.formats.marc.bibliographic import BookNumber, Person
from shuxiang.kernel.decision import Refused
from tests.support.library import Contexts, Library

pytestmark = pytest.mark.db


def add(ctx: Contexts, title: str, **values: Any) -> str:
    isbn = values.pop("isbn", "")
    described = Bibliographic(
        format="cnmarc",
        title=title,
        persons=(Person("曹雪芹", "著"),),
        publisher="人民文学出版社",
        year=2008,
        isbns=(BookNumber(isbn, isbn),) if isbn else (),
        **values,
    )
    return commands.add_title(bibliographic=described, ctx=ctx())


@pytest.fixture
def pair(library: Library, ctx: Contexts) -> tuple[str, str]:
    """红楼梦 twice, its volumes under one set ISBN, its second edition, and another book."""
    one = add(ctx, "红楼梦", isbn="9787020002207")
    for n, volume in enumerate(("上册", "下册")):
        add(ctx, "红楼梦", part_number=volume, isbn="9787020002207", extent=f"{n + 300}页")
    add(ctx, "红楼梦", edition="第二版")
    add(ctx, "西游记", isbn="9787020002207")
    return one, add(ctx, "红楼 梦", isbn="9787020002207")


def search(ctx: Contexts) -> queries.SearchView:
    run = duplicates.begin_search(ctx=ctx("cataloguer"))
    for _ in duplicates.search(run, ctx()):
        pass
    found = queries.newest_search()
    assert found is not None
    return found


def test_a5_a_search_finds_the_pair_and_no_other(pair: tuple[str, str], ctx: Contexts) -> None:
    found = search(ctx)
    assert (found.state, found.read, found.found) == ("done", 6, 1)
    (open_,) = queries.duplicates()
    assert (open_.first, open_.second) == pair
    assert dict(open_.why)["isbn"] == 45
    assert open_.score == sum(points for _, points in open_.why)
    # Once more: nothing stands twice.
    assert search(ctx).found == 1
    assert Duplicate.objects.count() == 1


def test_a5_these_differ_is_remembered(pair: tuple[str, str], ctx: Contexts) -> None:
    search(ctx)
    duplicates.titles_differ(first=pair[1], second=pair[0], ctx=ctx("cataloguer"))
    search(ctx)
    assert queries.duplicates() == ()
    (kept,) = queries.duplicates("differ")
    assert kept.decided_by == ctx.library.staff["cataloguer"]
    duplicates.ask_again(duplicate=kept.id, ctx=ctx("cataloguer"))
    assert [p.id for p in queries.duplicates()] == [kept.id]


def test_a5_a_merge_settles_its_pair_and_undoing_asks_again(
    pair: tuple[str, str], ctx: Contexts
) -> None:
    search(ctx)
    merge = commands.merge_titles(survivor=pair[0], lost=pair[1], ctx=ctx("cataloguer"))
    assert queries.duplicate_counts() == {"merged": 1}
    assert search(ctx).read == 5
    # Its number finds the record that stays.
    assert [t.id for t in queries.by_identifier("9787020002207")].count(pair[0]) == 1
    assert pair[1] not in [t.id for t in queries.by_identifier("9787020002207")]
    commands.undo_merge(merge=merge, ctx=ctx("cataloguer"))
    assert queries.duplicate_counts() == {"open": 1}


def test_a5_a_pair_no_longer_alike_leaves_the_queue(pair: tuple[str, str], ctx: Contexts) -> None:
    search(ctx)
    commands.remove_title(title=pair[1], ctx=ctx())
    assert queries.duplicate_counts() == {}
    again = add(ctx, "红楼梦", isbn="9787020002207")
    search(ctx)
    assert [(p.first, p.second) for p in queries.duplicates()] == [(pair[0], again)]


def test_a5_a_newer_search_takes_over(pair: tuple[str, str], ctx: Contexts) -> None:
    old = duplicates.begin_search(ctx=ctx("cataloguer"))
    steps = duplicates.search(old, ctx())
    next(steps)
    search(ctx)
    with pytest.raises(Refused) as refused:
        list(steps)
    assert refused.value.decision.codes == ("duplicate-search-stopped",)
    assert queries.duplicate_counts() == {"open": 1}


def test_a5_large_groups_are_compared_between_neighbours(
    library: Library, ctx: Contexts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicates, "CROWD", 3)
    monkeypatch.setattr(duplicates, "NEIGHBOURS", 1)
    for n in range(4):
        add(ctx, "语文", edition=f"第{n + 2}版")
    one, other = add(ctx, "语文", edition="第9版"), add(ctx, "语文", edition="第九版")
    found = search(ctx)
    assert [(p.first, p.second) for p in queries.duplicates()] == [(one, other)]
    assert found.compared < 15
    assert found.crowded > 0


def test_a5_who_may_decide(
    pair: tuple[str, str], ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    with unchanged(), pytest.raises(Refused) as refused:
        duplicates.titles_differ(first=pair[0], second=pair[1], ctx=ctx("desk"))
    assert refused.value.decision.codes == ("not-permitted",)
