from __future__ import annotations

from shuxiang.formats.marc import (
    Bibliographic,
    ControlField,
    from_marc21,
    from_record,
    isbd,
)
from shuxiang.formats.marc.bibliographic import Body, BookNumber, Person, Series
from tests.formats.marc.samples import field, record

LEADER = "00000nam a2200000   4500"
FIXED = ControlField("008", "200101s2008    cc a   j f    000 1 chi  ".ljust(40))


def test_a_record_of_chinese_marc21() -> None:
    b = from_record(
        record(
            ControlField("001", "ocn123"),
            ControlField("003", "OCoLC"),
            FIXED,
            field("020", "$a9787020002207$q(hardcover) :$cCNY59.70"),
            field("020", "$z7503727901"),
            field("041", "$achi$heng", "1 "),
            field("084", "$aI242.4$2clc"),
            field("100", "$a曹雪芹,$d1715?-1763.$eauthor", "1 "),
            field(
                "245", "$a红楼梦 =$bA dream of red mansions : a novel /$c曹雪芹著 ; 高鹗续.", "10"
            ),
            field("246", "$a石头记", "3 "),
            field("250", "$a第3版."),
            field("264", "$a北京 :$b人民文学出版社,$c2008.", " 1"),
            field("300", "$a1606 pages :$billustrations ;$c21 cm +$e1 CD."),
            field("490", "$a中国古典文学读本丛书 ;$v3", "1 "),
            field("520", "$a四大家族的兴衰。"),
            field("650", "$a章回小说$z中国$y清代.", " 7"),
            field("653", "$a四大名著"),
            field("700", "$a高鹗.$4edt", "1 "),
            field("710", "$a人民文学出版社.$b编辑部"),
            field("856", "$uhttps://example.org/1", "40"),
            leader=LEADER,
        )
    )
    assert b == Bibliographic(
        format="marc21",
        kind="book",
        title="红楼梦",
        parallel_titles=("A dream of red mansions",),
        other_titles=("a novel",),
        title_variants=("石头记",),
        responsibility=("曹雪芹著", "高鹗续"),
        persons=(
            Person("曹雪芹", "author", True, "", "", "1715?-1763"),
            Person("高鹗", "编", False),
        ),
        bodies=(Body("人民文学出版社. 编辑部", "", False),),
        edition="第3版",
        place="北京",
        publisher="人民文学出版社",
        date_text="2008",
        year=2008,
        extent="1606 pages",
        illustrations="illustrations",
        dimensions="21 cm",
        accompanying="1 CD",
        series=(Series("中国古典文学读本丛书", "3"),),
        isbns=(
            BookNumber("9787020002207", "9787020002207", "hardcover", 5970, "CNY59.70"),
            BookNumber("7503727901", "", "", None, "", True),
        ),
        price_fen=5970,
        language="chi",
        original_language="eng",
        country="CN",
        audience="a",
        genre="a",
        carrier="r",
        subjects=("章回小说-中国-清代",),
        keywords=("四大名著",),
        clc=("I242.4",),
        abstract="四大家族的兴衰。",
        source_id="ocn123",
        source_agency="OCoLC",
        links=("https://example.org/1",),
    )
    assert b.warnings == ()
    assert isbd(b).startswith(
        "红楼梦 = A dream of red mansions : a novel / 曹雪芹著 ; 高鹗续. — 第3版"
    )


def test_the_chinese_form_in_880_goes_before_the_romanised_field() -> None:
    b = from_marc21(
        record(
            FIXED,
            field("100", "$6880-01$aCao, Xueqin.", "1 "),
            field("245", "$6880-02$aHong lou meng /$cCao Xueqin zhu.", "10"),
            field("264", "$6880-03$aBeijing :$bRen min wen xue chu ban she,$c2008.", " 1"),
            field("880", "$6100-01/$1$a曹雪芹.", "1 "),
            field("880", "$6245-02/$1$a红楼梦 /$c曹雪芹著.", "10"),
            field("880", "$6264-03/$1$a北京 :$b人民文学出版社,$c2008.", " 1"),
            leader=LEADER,
        )
    )
    assert (b.title, b.title_pinyin) == ("红楼梦", "Hong lou meng")
    assert b.persons == (Person("曹雪芹", "", True, "Cao, Xueqin"),)
    assert (b.place, b.publisher, b.year) == ("北京", "人民文学出版社", 2008)


def test_parts_sets_and_classes_without_scheme() -> None:
    part = from_marc21(
        record(field("245", "$a资治通鉴.$n第一册,$p周纪"), field("084", "$aK204.3"), leader=LEADER)
    )
    assert (part.set_style, part.part_number, part.part_name) == ("b", "第一册", "周纪")
    assert part.clc == ("K204.3",)
    linked = from_marc21(
        record(field("245", "$a周纪"), field("773", "$t资治通鉴$g1"), leader=LEADER)
    )
    assert (linked.set_style, linked.set_title, linked.set_volume) == ("c", "资治通鉴", "1")
    dewey = from_marc21(record(field("245", "$ax"), field("084", "$a895.1$2ddc"), leader=LEADER))
    assert dewey.clc == ()


def test_an_empty_record_is_only_warned_about() -> None:
    b = from_marc21(record(ControlField("001", "1"), leader=LEADER))
    assert [w.code for w in b.warnings] == ["no_title", "no_class"]
