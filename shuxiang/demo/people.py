"""Made-up readers. Their ID numbers carry a right check character under area codes that were never
given out, their phones a prefix that no operator has: none of them can be anybody's."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from shuxiang.apps.patrons.commands import ConsentGiven, GuardianGiven, IdentityDocument
from shuxiang.demo.sites import BRANCHES, MAIN
from shuxiang.formats.identifiers import id_check_character

_AREAS = ("990101", "990102", "990103")
_SURNAMES = (
    "李王张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡"
    "贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段"
)
_GIVEN = "安柏晨初丹尔帆谷禾惠嘉锦珂岚澜黎霖鹿麦苗宁沛琪清然若珊书素棠童婉蔚温希夏晓欣岩遥依沅玥云知舟卓子梓"
_MALE = "斌博川东峰刚广浩宏建杰军凯磊鹏强涛伟翔毅勇宇泽哲振志"
_FEMALE = "彩春翠芳凤桂红华娟兰莉丽玲梅美敏娜倩琴秋蓉淑婷霞秀雪艳燕莹玉"
_RELATIONS = ("父亲", "母亲", "母亲", "祖父", "外祖母")
_CONSENT = "2019-1"


@dataclass(slots=True)
class Reader:
    """A reader to be: what the desk is told, and how they will behave.

    ``keenness`` is how often they come compared with others. ``patron``, ``card`` and ``number`` are
    known once they are registered.
    """

    name: str
    sex: str
    born_on: date
    category: str
    document: IdentityDocument | None
    phone: str
    guardian: GuardianGiven | None
    home: str
    joined_on: date
    keenness: float
    patron: str = ""
    card: str = ""
    number: str = ""
    expires_on: date = date.min

    @property
    def is_child(self) -> bool:
        return self.category == "child"

    @property
    def consents(self) -> tuple[ConsentGiven, ...]:
        own = (ConsentGiven("reader-data", _CONSENT),)
        return (*own, ConsentGiven("child-data", _CONSENT)) if self.is_child else own


def readers(days: Sequence[tuple[date, str]], chance: random.Random) -> list[Reader]:
    """One reader for each (day of registration, place); nobody twice."""
    known: set[tuple[str, date]] = set()
    made = []
    for day, home in days:
        reader = _reader(day, home, chance)
        while (reader.name, reader.born_on) in known:
            reader = _reader(day, home, chance)
        known.add((reader.name, reader.born_on))
        made.append(reader)
    return made


def _reader(day: date, home: str, chance: random.Random) -> Reader:
    category = chance.choices(("child", "adult", "senior"), (35, 56, 9))[0]
    youngest, oldest = {"child": (3, 13), "adult": (18, 59), "senior": (61, 84)}[category]
    sex = chance.choice("MF")
    surname = chance.choice(_SURNAMES)
    born = _birthday(day, chance.randint(youngest, oldest), chance)
    child = category == "child"
    return Reader(
        name=surname + _given(sex, chance),
        sex=sex,
        born_on=born,
        category=category,
        document=None if child and chance.random() < 0.4 else _document(born, sex, child, chance),
        phone="" if child else _phone(chance),
        guardian=_guardian(surname, day, chance) if child else None,
        home=home,
        joined_on=day,
        keenness=chance.paretovariate(1.3),
    )


def home_of(chance: random.Random) -> str:
    """Where somebody registers."""
    return chance.choices((MAIN, *BRANCHES), (60, 12, 10, 9, 9))[0]


def _guardian(surname: str, day: date, chance: random.Random) -> GuardianGiven:
    relation = chance.choice(_RELATIONS)
    sex = "M" if "父" in relation else "F"
    family = surname if "父" in relation else chance.choice(_SURNAMES)
    age = chance.randint(56, 70) if "祖" in relation else chance.randint(26, 45)
    born = _birthday(day, age, chance)
    return GuardianGiven(
        name=family + _given(sex, chance),
        relation=relation,
        phone=_phone(chance),
        document=_document(born, sex, False, chance),
    )


def _given(sex: str, chance: random.Random) -> str:
    own = _MALE if sex == "M" else _FEMALE
    first = chance.choice(_GIVEN + own)
    return first if chance.random() < 0.15 else first + chance.choice(own + _GIVEN)


def _birthday(day: date, age: int, chance: random.Random) -> date:
    return day - timedelta(days=round(age * 365.25) + chance.randint(20, 340))


def _document(born: date, sex: str, child: bool, chance: random.Random) -> IdentityDocument:
    order = chance.randrange(10, 990, 2) + (1 if sex == "M" else 0)
    digits = f"{chance.choice(_AREAS)}{born:%Y%m%d}{order:03d}"
    return IdentityDocument("hukou" if child else "idcard", digits + id_check_character(digits))


def _phone(chance: random.Random) -> str:
    # Mobile numbers begin with 13 to 19.
    return f"100{chance.randrange(10**8):08d}"
