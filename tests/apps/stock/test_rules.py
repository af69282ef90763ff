"""What kind of item it is, and where it stands."""

from __future__ import annotations

import pytest

from shuxiang.apps.stock import rules
from shuxiang.formats.clc import shelf_key

CATEGORIES = [
    # kind, audience, forms, class, collection prefix, children's location, category
    ("book", "m", (), "I247.57", "", False, "book"),
    ("book", "c", (), "I287.4", "", False, "child"),
    ("book", "e", (), "I247.57", "", False, "book"),
    ("book", "m", (), "I287.4", "", True, "child"),
    ("book", "m", (), "I287.4", "child", False, "child"),
    ("book", "m", ("dictionary",), "Z32", "", False, "reference"),
    ("book", "m", ("dictionary",), "H163", "", False, "book"),
    ("book", "m", (), "K296.5", "local", False, "local"),
    ("serial", "c", (), "I28", "", True, "periodical"),
    ("video", "m", (), "J9", "", False, "av"),
]


@pytest.mark.parametrize(
    ("kind", "audience", "forms", "clc", "prefix", "for_children", "category"), CATEGORIES
)
def test_item_category(
    kind: str,
    audience: str,
    forms: tuple[str, ...],
    clc: str,
    prefix: str,
    for_children: bool,
    category: str,
) -> None:
    assert (
        rules.item_category(
            kind=kind,
            audience=audience,
            forms=forms,
            clc=clc,
            prefix=prefix,
            for_children=for_children,
        )
        == category
    )


@pytest.mark.parametrize(
    ("call_number", "prefix", "plain"),
    [
        ("I247.57/12", "", "I247.57/12"),
        ("SI287.4/12", "child", "I287.4/12"),
        ("E/I287.4/12", "child", "I287.4/12"),
        ("C Z32/1", "reference", "Z32/1"),
        ("D-K296.5/3", "local", "K296.5/3"),
        ("S512/3", "", "S512/3"),
        ("E712/3", "", "E712/3"),
        ("TP312/3", "", "TP312/3"),
        ("DF2/3", "", "DF2/3"),
        ("", "", ""),
    ],
)
def test_collection_prefix(call_number: str, prefix: str, plain: str) -> None:
    assert rules.split_collection(call_number) == (prefix, plain)
    if plain:
        assert rules.shelf_sort(call_number) == shelf_key(plain)[:160]
