"""CQL (rows G4, Y1): what SRU clients send, and what they send wrongly."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuxiang.formats.cql import Boolean, Clause, CqlFault, Modifier, Query, SortKey, parse


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("红楼梦", Clause("红楼梦")),
        ('"红楼 梦"', Clause("红楼 梦")),
        ('dc.title = "红楼梦"', Clause("红楼梦", "dc.title", "=")),
        ("bath.isbn=9787020002207", Clause("9787020002207", "bath.isbn", "=")),
        ("dc.Title any fish", Clause("fish", "dc.title", "any")),
        ("dc.date >= 2020", Clause("2020", "dc.date", ">=")),
        (
            'dc.title =/relevant/stem="x" "a b"',
            Clause("a b", "dc.title", "=", (Modifier("relevant"), Modifier("stem", "=", "x"))),
        ),
        ('say = "a \\"b\\" \\*"', Clause('a "b" \\*', "say", "=")),
        ('"and"', Clause("and")),
        (
            "a and b or c",
            Boolean("or", Boolean("and", Clause("a"), Clause("b")), Clause("c")),
        ),
        (
            "a NOT (b or c)",
            Boolean("not", Clause("a"), Boolean("or", Clause("b"), Clause("c"))),
        ),
        (
            "a prox/unit=word/distance>3 b",
            Boolean(
                "prox",
                Clause("a"),
                Clause("b"),
                (Modifier("unit", "=", "word"), Modifier("distance", ">", "3")),
            ),
        ),
        ('> dc = "info:srw/context-sets/1/dc-v1.1" dc.title = x', Clause("x", "dc.title", "=")),
        ("(((a)))", Clause("a")),
    ],
)
def test_queries(text: str, root: Clause | Boolean) -> None:
    assert parse(text) == Query(root)


def test_sort_keys() -> None:
    assert parse("a sortBy dc.date/sort.descending dc.title") == Query(
        Clause("a"),
        (SortKey("dc.date", (Modifier("sort.descending"),)), SortKey("dc.title")),
    )


@pytest.mark.parametrize(
    ("text", "diagnostic"),
    [
        ("", 27),
        ("   ", 27),
        ("dc.title =", 10),
        ("dc.title any", 10),
        ("a and", 27),
        ("and a", 10),
        ("(a or b", 13),
        ("a)", 13),
        ("(" * 2000 + "a" + ")" * 1000, 13),
        ('"never closed', 10),
        ("a sortBy", 10),
        ("a =/ b", 10),
        ("x" * 4001, 12),
        (" and ".join(["a"] * 101), 38),
        ("dc.title = = x", 10),
    ],
)
def test_what_does_not_parse_has_its_diagnostic(text: str, diagnostic: int) -> None:
    with pytest.raises(CqlFault) as told:
        parse(text)
    assert told.value.diagnostic == diagnostic


@given(st.text(alphabet='ab红 "()=<>/\\*andorsortBy.', max_size=80))
def test_any_text_is_a_query_or_a_told_fault(text: str) -> None:
    with suppress(CqlFault):
        assert parse(text).root
