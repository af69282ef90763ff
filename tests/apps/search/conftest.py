"""A small library whose titles are close enough to one another to show what ranks first."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from shuxiang.apps.search.answers import Query
from shuxiang.apps.search.documents import TitleDocument
from shuxiang.apps.search.engine import Index


def title_id(name: str) -> str:
    return hashlib.md5(name.encode()).hexdigest()


def document(name: str, title: str | None = None, **fields: Any) -> TitleDocument:
    return TitleDocument(title_id(name), title or name, **fields)


LIBRARY = (
    document(
        "红楼梦",
        authors=("(清) 曹雪芹", "(清) 高鹗"),
        responsibility="(清) 曹雪芹著 ; (清) 高鹗续",
        publisher="人民文学出版社",
        subjects=("章回小说", "古典小说"),
        isbns=("978-7-02-000220-7",),
        barcodes=("YC0000001", "YC0000002"),
        call_numbers=("I242.4/C18",),
        clc_classes=("I242.4",),
        main_class="I",
        year=1996,
        kind="book",
        language="chi",
        audience="adult",
        places=("network", "main", "north"),
        available_places=("north",),
        loans=900,
        accessioned_on=date(2010, 5, 1),
    ),
    document(
        "红楼梦研究",
        authors=("俞平伯",),
        isbns=("7-5321-0158-4",),
        clc_classes=("I207.411",),
        main_class="I",
        year=2001,
        kind="book",
        language="chi",
        places=("network", "main"),
        loans=40,
        accessioned_on=date(2012, 1, 1),
    ),
    document(
        "图解红楼梦",
        authors=("王蒙",),
        clc_classes=("I207.411",),
        main_class="I",
        year=2015,
        kind="book",
        language="chi",
        places=("network", "north"),
        available_places=("network", "north"),
        loans=5_000,
        accessioned_on=date(2016, 3, 1),
    ),
    document(
        "脂砚斋评石头记",
        other_titles=("石头记",),
        abstract="本书是红楼梦的早期抄本,附脂砚斋批语。",
        clc_classes=("I242.4",),
        main_class="I",
        year=2005,
        kind="book",
        language="chi",
        audience="adult",
        places=("network", "main"),
    ),
    document(
        "C语言程序设计",
        authors=("谭浩强",),
        clc_classes=("TP312C",),
        main_class="T",
        year=2017,
        kind="book",
        language="chi",
        places=("network", "main"),
        loans=300,
        accessioned_on=date(2018, 9, 1),
    ),
    document(
        "harry",
        "Harry Potter and the Philosopher's Stone",
        authors=("Rowling, J. K.",),
        clc_classes=("I561.84",),
        main_class="I",
        year=1997,
        kind="book",
        language="eng",
        audience="child",
        places=("network", "north"),
        available_places=("network", "north"),
    ),
    document(
        "活着",
        authors=("余华",),
        clc_classes=("I247.5",),
        main_class="I",
        year=2012,
        kind="book",
        language="chi",
        loans=2_000,
        places=("network", "main"),
        available_places=("network", "main"),
        accessioned_on=date(2020, 1, 2),
    ),
    document(
        "许三观卖血记", authors=("余华",), clc_classes=("I247.57",), main_class="I", year=1998
    ),
    document("余华研究资料", clc_classes=("I206.7",), main_class="I", year=2006),
    document(
        "曾国藩家书", authors=("(清) 曾国藩",), clc_classes=("K827",), main_class="K", year=1994
    ),
    document("评点曾国藩奏折", authors=("唐浩明",), year=2001),
    document("长城", other_titles=("The Great Wall",), unified_number="10019·3001", year=1984),
    document("读者", issn="1005-1805", kind="serial", year=1981),
    document("平凡的世界. 第一部", authors=("路遥",), year=1986),
    document("平凡的世界. 第二部", authors=("路遥",), year=1988),
    document("战争与和平 Ⅱ", authors=("[俄] 列夫·托尔斯泰",), year=1989),
    document("音乐之声", year=2003),
    document("重庆地图", kind="map", year=2019),
    document("长路", year=2002),
    document("梦", year=1999),
    document("教程第2版精讲", year=2011),
)


@pytest.fixture(scope="session")
def small_index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    index = Index.open(tmp_path_factory.mktemp("search"))
    index.rebuild(LIBRARY, position=41)
    return index


@pytest.fixture
def empty(tmp_path: Path) -> Index:
    return Index.open(tmp_path / "index")


NAMES = {d.title_id: d.title for d in LIBRARY}


def titles(index: Index, text: str, **options: Any) -> list[str]:
    return [NAMES[hit.title_id] for hit in index.search(Query(text, **options)).hits]
