"""Statements of responsibility taken apart: who did what, for 701/702 and 711/712."""

from __future__ import annotations

import re

from shuxiang.formats.marc.bibliographic import Body, Person

_ROLES = "主编|编著|编选|编绘|编译|校注|口述|整理|原著|总纂|撰文|撰|著|译|绘|编|注|校|纂|写|访|述|辑|评|记|文|图|释"
_STATEMENT = re.compile(rf"(?P<names>.+?)(?:等)?(?P<role>{_ROLES})")
_COUNTRY = re.compile(r"[(（\[](?P<country>[^)）\]]{1,6})[)）\]]")
_BODY = re.compile(
    r"(委员会|公司|编辑部|协会|学会|研究所|研究院|出版社|大学|教研室|编写组|办公室)$"
)

LANGUAGES = {
    **dict.fromkeys(
        ["美", "英", "澳", "加", "加拿大", "爱尔兰", "新西兰", "南非", "英国", "美国"], "eng"
    ),
    **dict.fromkeys(["法", "比", "法国"], "fre"),
    **dict.fromkeys(["德", "奥", "奥地利", "瑞士", "德国"], "ger"),
    **dict.fromkeys(["俄", "苏", "苏联", "俄罗斯", "白俄罗斯"], "rus"),
    **dict.fromkeys(["西", "西班牙", "哥伦比亚", "阿根廷", "智利", "秘鲁", "墨西哥"], "spa"),
    **dict.fromkeys(["意", "意大利"], "ita"),
    **dict.fromkeys(["葡", "葡萄牙", "巴西"], "por"),
    "日": "jpn",
    "韩": "kor",
    "瑞典": "swe",
    "丹麦": "dan",
    "挪威": "nor",
    "荷": "dut",
    "荷兰": "dut",
    "捷克": "cze",
    "捷": "cze",
    "波兰": "pol",
    "印度": "hin",
    "古希腊": "grc",
    "古罗马": "lat",
    "土耳其": "tur",
}
"""Country in front of an author's name → language the work is likely translated from."""


def reading(text: str) -> str:
    """Toneless pinyin, one syllable a word: ``红楼梦`` → ``hong lou meng``."""
    from pypinyin import lazy_pinyin

    return " ".join(" ".join(lazy_pinyin(re.sub(r"[^\w]+", " ", text))).split())


def parse(statement: str) -> tuple[tuple[str, ...], tuple[Person, ...], tuple[Body, ...]]:
    """``(法)圣埃克苏佩里著；李继宏译`` → the statements, the persons and the bodies in it.

    The first statement is of equal responsibility, the others (译, 绘 …) secondary.
    """
    statements = tuple([s.strip() for s in statement.split("；") if s.strip()])
    persons: list[Person] = []
    bodies: list[Body] = []
    for position, each in enumerate(statements):
        found = _STATEMENT.fullmatch(each)
        names, role = (found["names"], found["role"]) if found else (each, "著")
        for name in re.split(r"[，,、]", names):
            country = _COUNTRY.match(name)
            bare = name[country.end() :] if country else name
            bare = bare.strip().removesuffix("等")
            if not bare:
                continue
            if _BODY.search(bare):
                bodies.append(Body(bare, role, position == 0, reading(bare)))
            else:
                known = country["country"] if country else ""
                persons.append(Person(bare, role, position == 0, reading(bare), known))
    return statements, tuple(persons), tuple(bodies)


def original_language(persons: tuple[Person, ...]) -> str:
    """The language of the first author's country, ``""`` when Chinese or unknown."""
    return LANGUAGES.get(persons[0].country, "") if persons else ""
