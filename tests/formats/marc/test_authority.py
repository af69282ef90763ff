"""A5: authority records of CNMARC, and the names of records they are matched with."""

from __future__ import annotations

import pytest

from shuxiang.formats.marc import ControlField, DataField, Record
from shuxiang.formats.marc.authority import (
    AuthorityName,
    NotAuthority,
    heading_key,
    names_used,
    read_authority,
    same_dates,
)

LEADER = "00000nx  j2200000   45  "


def person(*more: DataField, number: str = "A000001") -> Record:
    return Record(
        LEADER,
        [
            ControlField("001", number),
            DataField("200", " 0", (("a", "鲁迅"), ("f", "(1881-1936)"))),
            *more,
        ],
    )


def test_a5_a_person_with_pen_names_and_see_also() -> None:
    read = read_authority(
        person(
            DataField("400", " 0", (("a", "周树人"),)),
            DataField("400", " 0", (("a", "巴人"),)),
            DataField("500", " 0", (("a", "周作人"), ("3", "A000002"))),
            DataField("300", "0 ", (("a", "文学家"),)),
        )
    )
    assert (read.kind, read.heading, read.dates, read.number, read.note) == (
        "person",
        "鲁迅",
        "1881-1936",
        "A000001",
        "文学家",
    )
    assert read.names[1:] == (
        AuthorityName("周树人", "see"),
        AuthorityName("巴人", "see"),
        AuthorityName("周作人", "also", "A000002"),
    )


@pytest.mark.parametrize(
    ("field", "kind", "heading"),
    [
        (DataField("210", "02", (("a", "中国作家协会"), ("b", "创研部"))), "body", "中国作家协会. 创研部"),
        (DataField("250", "  ", (("a", "长篇小说"), ("y", "中国"), ("z", "当代"))), "subject", "长篇小说-中国-当代"),
        (DataField("215", "  ", (("a", "河源"),)), "subject", "河源"),
    ],
)  # fmt: skip
def test_a5_bodies_and_subjects(field: DataField, kind: str, heading: str) -> None:
    read = read_authority(Record(LEADER, [field]))
    assert (read.kind, read.heading) == (kind, heading)


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (Record(LEADER, [DataField("300", "  ", (("a", "x"),))]), "heading-missing"),
        (Record("00000nz  a2200000n  4500", [DataField("130", " 0", (("a", "Bible"),))]), "heading-missing"),
        (
            Record(
                "00000nam0 2200000   450 ",
                [
                    DataField("200", "1 ", (("a", "呐喊"),)),
                    DataField("210", "  ", (("c", "社"),)),
                    DataField("215", "  ", (("a", "1册"),)),
                ],
            ),
            "bibliographic",
        ),
    ],
)  # fmt: skip
def test_a5_what_is_no_authority(record: Record, why: str) -> None:
    with pytest.raises(NotAuthority, match=why):
        read_authority(record)


def test_a5_persons_bodies_and_subjects_of_marc21_meet_the_names_of_its_records() -> None:
    leader = "00000nz  a2200000n  4500"
    person = Record(
        leader,
        [
            ControlField("001", "n80057170"),
            DataField("100", "1 ", (("a", "鲁迅,"), ("d", "1881-1936."))),
            DataField("400", "1 ", (("a", "周树人,"), ("d", "1881-1936"))),
            DataField("500", "1 ", (("a", "周作人,"), ("d", "1885-1967"), ("0", "n1"))),
            DataField("678", "0 ", (("a", "作家"),)),
        ],
    )
    read = read_authority(person)
    assert (read.kind, read.heading, read.dates, read.number, read.note) == (
        "person",
        "鲁迅",
        "1881-1936",
        "n80057170",
        "作家",
    )
    assert read.names[1:] == (AuthorityName("周树人", "see"), AuthorityName("周作人", "also", "n1"))
    used = Record(
        "",
        [
            DataField("100", "1 ", (("a", "鲁迅,"), ("d", "1881-1936"))),
            DataField("710", "2 ", (("a", "中国作家协会."), ("b", "创研部."))),
            DataField("650", " 0", (("a", "长篇小说"), ("z", "中国"), ("y", "当代."))),
        ],
    )
    body = Record(leader, [DataField("110", "2 ", (("a", "中国作家协会."), ("b", "创研部")))])
    subject = Record(
        leader, [DataField("150", "  ", (("a", "长篇小说"), ("z", "中国"), ("y", "当代")))]
    )
    made = [read_authority(each) for each in (person, body, subject)]
    assert [one.kind for one in made] == ["person", "body", "subject"]
    assert [heading_key(one.heading) for one in made] == [
        name.keys[0] for name in names_used(used, "marc21")
    ]


def test_a5_names_a_record_uses() -> None:
    record = Record(
        "",
        [
            DataField("606", "0 ", (("a", "长篇小说"), ("y", "中国"), ("x", "研究"))),
            DataField("701", " 0", (("a", "(清)曹雪芹"), ("f", "1715-1763"), ("4", "著"))),
            DataField("701", "A0", (("a", "cao xue qin"),)),
            DataField("711", "02", (("a", "中国作家协会"), ("b", "创研部"), ("3", "B1"))),
        ],
    )
    subject, author, body = names_used(record, "cnmarc")
    assert subject.keys == (heading_key("长篇小说-中国-研究"), heading_key("长篇小说"))
    assert (author.keys, author.dates) == (("曹雪芹",), "1715-1763")
    assert body.keys[0] == heading_key("中国作家协会. 创研部")
    assert body.number == "B1"


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        ("1881-1936", "1881-", True),
        ("", "1881-", True),
        ("1881-", "1900-", False),
        ("(1881-1936)", "1881-1937", False),
    ],
)
def test_a5_years_tell_persons_of_one_name_apart(one: str, other: str, agree: bool) -> None:
    assert same_dates(one, other) is agree
