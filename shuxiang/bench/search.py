"""How fast the search engine builds and answers.

Titles are synthetic, or real ones from the file that SHUXIANG_BENCH_TITLES names: a TSV (also
.gz) whose first line is a heading and whose columns are title, popularity, topics divided by `|`.
"""

from __future__ import annotations

import gzip
import os
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

from shuxiang.apps.search import pinyin
from shuxiang.apps.search.answers import Query
from shuxiang.apps.search.documents import TitleDocument
from shuxiang.apps.search.engine import Index
from shuxiang.apps.search.rules import compact

Row = tuple[str, float, str]
_Title = tuple[str, int, tuple[str, ...]]

_WARM_UP = 200
_QUESTIONS = 1_000
_CLASSES = "ABCDEFGHIJKNOPQRSTUVXZ"
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉萍红玲芬建国文志海云龙春梅"
_HEADS = [
    "中国",
    "世界",
    "现代",
    "古代",
    "近代",
    "儿童",
    "简明",
    "实用",
    "图解",
    "新编",
    "大学",
    "青少年",
    "农村",
    "社区",
    "岭南",
    "客家",
]
_MIDDLES = [
    "历史",
    "文学",
    "哲学",
    "经济",
    "法律",
    "艺术",
    "音乐",
    "建筑",
    "医学",
    "数学",
    "物理",
    "植物",
    "动物",
    "地理",
    "民俗",
    "教育",
]
_TAILS = [
    "概论",
    "教程",
    "研究",
    "故事",
    "入门",
    "词典",
    "选集",
    "手册",
    "史话",
    "百科",
    "问答",
    "讲义",
    "漫谈",
    "精读",
    "画册",
    "地图",
]
_CITIES = [
    "北京",
    "上海",
    "江苏",
    "浙江",
    "湖南",
    "湖北",
    "四川",
    "河南",
    "河北",
    "山东",
    "山西",
    "陕西",
    "辽宁",
    "广东",
    "广西",
    "云南",
]
_HOUSES = ["人民", "文艺", "少年儿童", "教育", "科学技术", "美术", "大学", "古籍", "经济", "音乐"]


def run(items: int) -> list[Row]:
    """Build an index of `items` titles and ask it; rows of (name, value, unit)."""
    source = _titles(items)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        index = Index.open(folder)
        started = time.perf_counter()
        index.rebuild(_documents(source, items), position=items)
        seconds = time.perf_counter() - started
        size = sum(f.stat().st_size for f in Path(folder).rglob("*") if f.is_file())
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        rows += [
            ("search: build", round(seconds, 1), "s"),
            ("search: titles indexed", round(items / seconds), "records/s"),
            ("search: index size", round(size / 1e6, 1), "MB"),
            ("search: process peak while building", round(peak / 1024), "MB"),
        ]
        rows += _update(index, source, items)
        rows += _ask(index, source)
    return rows


def _ask(index: Index, source: list[_Title]) -> list[Row]:
    dice = random.Random(5)
    questions = list(islice(_questions(source, dice), _WARM_UP + _QUESTIONS))
    times: dict[str, list[float]] = {}
    for number, (kind, text) in enumerate(questions):
        result = index.search(Query(text))
        if number >= _WARM_UP:
            times.setdefault(kind, []).append(result.took * 1000)
    every = sorted(t for some in times.values() for t in some)
    rows = [
        ("search: question with 7 facets, p50", _at(every, 0.50), "ms"),
        ("search: question with 7 facets, p95", _at(every, 0.95), "ms"),
        ("search: question with 7 facets, p99", _at(every, 0.99), "ms"),
    ]
    rows += [
        (f"search: {kind}, p95", _at(sorted(some), 0.95), "ms") for kind, some in times.items()
    ]
    started = time.perf_counter()
    index.search(Query())
    rows.append(("search: all titles, first time", _milliseconds(started), "ms"))
    started = time.perf_counter()
    index.search(Query(page=2))
    rows.append(("search: all titles, next page", _milliseconds(started), "ms"))
    return rows


def _update(index: Index, source: list[_Title], items: int) -> list[Row]:
    changed = list(islice(_documents(source, items), 100))
    started = time.perf_counter()
    index.apply(changed, [], position=items + 1)
    return [("search: 100 titles changed, durable", _milliseconds(started), "ms")]


def _at(ordered: list[float], share: float) -> float:
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 2)


def _milliseconds(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 2)


def _titles(items: int) -> list[_Title]:
    named = os.environ.get("SHUXIANG_BENCH_TITLES")
    if named:
        opener = gzip.open if named.endswith(".gz") else open
        with opener(named, "rt", encoding="utf-8") as lines:
            next(lines)
            return [_parsed(line) for line in islice(lines, items)]
    dice = random.Random(3)
    made: list[_Title] = []
    for _ in range(min(items, 100_000)):
        words = (dice.choice(_HEADS), dice.choice(_MIDDLES), dice.choice(_MIDDLES))
        title = "".join(words) + dice.choice(_GIVEN) * dice.randint(0, 1) + dice.choice(_TAILS)
        made.append((title, int(dice.paretovariate(0.8)), words[:2]))
    return made


def _parsed(line: str) -> _Title:
    title, popularity, topics = (*line.rstrip("\n").split("\t"), "", "")[:3]
    return title, int(popularity or 0) // 1_000, tuple(t for t in topics.split("|") if t)[:4]


def _documents(source: list[_Title], items: int) -> Iterator[TitleDocument]:
    dice = random.Random(7)
    publishers = [f"{city}{house}出版社" for city in _CITIES for house in _HOUSES]
    names = [s + a + b for s in _SURNAMES for a in _GIVEN for b in ("", *_GIVEN[:9])]
    weights = [1 / (rank + 10) for rank in range(len(publishers))]
    chosen = dice.choices(publishers, weights, k=4_096)
    places = ["main", "north", "south", "east", "west", "boat"]
    first_day = date(2000, 1, 1)
    for number in range(items):
        title, loans, topics = source[number % len(source)]
        letter = dice.choice(_CLASSES)
        held = tuple(dice.sample(places, dice.randint(1, 3)))
        yield TitleDocument(
            f"{dice.getrandbits(128):032x}",
            title,
            authors=(dice.choice(names),),
            publisher=chosen[number % len(chosen)],
            subjects=topics[:2],
            keywords=topics[2:],
            isbns=(f"978{number:09d}0",),
            barcodes=(f"YC{number:07d}",),
            call_numbers=(f"{letter}{number % 900}/{number % 97}",),
            clc_classes=(f"{letter}{number % 900}",),
            main_class=letter,
            year=1980 + dice.randrange(41),
            kind="book" if number % 20 else "disc",
            language="chi" if number % 25 else "eng",
            audience="child" if number % 3 == 0 else "adult",
            places=("network", *held),
            available_places=("network", held[0]) if number % 5 else (),
            loans=loans,
            accessioned_on=first_day + timedelta(days=dice.randrange(7_600)),
        )


def _questions(source: list[_Title], dice: random.Random) -> Iterator[tuple[str, str]]:
    """Distinct questions, in the shares readers ask them."""
    kinds = (
        "title",
        "title begin",
        "topic",
        "author",
        "initials",
        "pinyin",
        "ISBN",
        "class",
        "two words",
    )
    shares = (25, 20, 8, 12, 10, 8, 7, 4, 6)
    asked: set[str] = set()
    while True:
        kind = dice.choices(kinds, shares)[0]
        title, _, topics = dice.choice(source)
        forms = pinyin.of_title(compact(title))
        if kind == "title":
            text = title
        elif kind == "title begin":
            text = title[: dice.randint(2, 4)]
        elif kind == "topic":
            text = dice.choice(topics) if topics else title
        elif kind == "author":
            text = dice.choice(_SURNAMES) + dice.choice(_GIVEN) + dice.choice(("", *_GIVEN[:9]))
        elif kind == "initials":
            text = forms.initials[0] if forms.initials else title
        elif kind == "pinyin":
            text = forms.full[0] if forms.full else title
        elif kind == "ISBN":
            text = f"978{dice.randrange(len(source)):09d}0"
        elif kind == "class":
            text = f"{dice.choice(_CLASSES)}{dice.randrange(900)}"
        else:
            text = f"{title} {dice.choice(topics)}" if topics else title
        # The engine remembers the counts of a question; each is asked once to time the work.
        if text not in asked or len(asked) > 5_000:
            asked.add(text)
            yield kind, text
