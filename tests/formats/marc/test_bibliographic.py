from __future__ import annotations

import io
import json
from datetime import date

import msgspec.structs
import pytest

from shuxiang.formats.marc import (
    Bibliographic,
    ControlField,
    Decoded,
    Record,
    encode,
    from_cnmarc,
    from_record,
    guess_format,
    isbd,
    read_records,
    to_cnmarc,
)
from shuxiang.formats.marc.bibliographic import (
    Body,
    BookNumber,
    Person,
    Series,
    embedded,
    normalise_title,
)
from shuxiang.formats.notes import note
from tests.formats.marc.samples import DREAM, field, real, record


def with_title(*fields: object) -> Bibliographic:
    return from_cnmarc(Record(" " * 24, (field("200", "$a书"), *fields)))  # type: ignore[arg-type]


def test_every_element_of_a_full_record() -> None:
    assert from_cnmarc(DREAM) == Bibliographic(
        format="cnmarc",
        kind="book",
        title="红楼梦",
        title_pinyin="hong lou meng",
        title_variants=("石头记",),
        title_variants_pinyin=("shi tou ji",),
        responsibility=("(清)曹雪芹著", "(清)高鹗续"),
        persons=(
            Person("曹雪芹", "著", True, "cao xue qin", "清"),
            Person("高鹗", "续", False, "", "清"),
        ),
        edition="3版",
        place="北京",
        publisher="人民文学出版社",
        date_text="2008.7",
        year=2008,
        extent="1606页",
        illustrations="图",
        dimensions="21cm",
        accompanying="1光盘",
        series=(Series("中国古典文学读本丛书"),),
        isbns=(BookNumber("978-7-02-000220-7", "9787020002207", "精装", 5970, "CNY59.70"),),
        price_fen=5970,
        language="chi",
        country="CN",
        region="110000",
        audience="em",
        genre="a",
        carrier="r",
        subjects=("章回小说-中国-清代",),
        keywords=("四大名著",),
        clc=("I242.4",),
        abstract="以贾宝玉、林黛玉的故事为主线。",
        source_id="012002000220",
        source_agency="NLC",
    )
    assert from_cnmarc(DREAM).warnings == ()


def test_isbd_line() -> None:
    assert isbd(from_cnmarc(DREAM)) == (
        "红楼梦 / (清)曹雪芹著 ; (清)高鹗续. — 3版. — 北京 : 人民文学出版社, 2008.7. — "
        "1606页 : 图 ; 21cm + 1光盘. — (中国古典文学读本丛书)"
    )
    b = Bibliographic(
        format="cnmarc",
        title="三体",
        parallel_titles=("The three-body problem",),
        other_titles=("地球往事", "科幻小说"),
        part_number="Ⅱ",
        part_name="黑暗森林",
        responsibility=("刘慈欣著",),
        publisher="重庆出版社",
        year=2008,
        series=(Series("中国科幻基石丛书", "3"), Series("往事")),
    )
    assert isbd(b) == (
        "三体. Ⅱ, 黑暗森林 = The three-body problem : 地球往事 : 科幻小说 / 刘慈欣著. — "
        "重庆出版社, 2008. — (中国科幻基石丛书 ; 3) (往事)"
    )
    assert isbd(Bibliographic(format="cnmarc")) == ""


def test_real_records_say_what_they_say() -> None:
    truth = json.loads(real("cnmarc-truth.json"))
    outcome = read_records(io.BytesIO(real("cnmarc-gbk.iso")), "gb18030")
    records = [each.record for each in outcome if isinstance(each, Decoded)]
    for each, expected in zip(records, truth, strict=True):
        b = from_record(each)
        assert b.format == "cnmarc"
        assert b.source_id == expected["id"]
        assert b.title == expected["title"]
        assert b.title_pinyin == (expected["pinyin"] or "")
        assert b.responsibility[0] == expected["author"]
        assert b.publisher == expected["publisher"]
        assert str(b.year) == str(expected["year"])
        assert b.shelving_class == expected["clc"]
        assert b.isbns[0].typed == expected["isbn"]
        assert b.isbns[0].isbn13
    kinds = [from_record(each).kind for each in records]
    assert kinds == ["book"] * 3 + ["electronic"] + ["book"] * 6


@pytest.mark.parametrize(
    ("text", "indicators", "person"),
    [
        (
            "$c(美)$a埃亚尔$c(Eyal, Nir)$4著",
            " 0",
            Person("埃亚尔", "著", True, "", "美", "", "Eyal, Nir"),
        ),
        ("$a埃亚尔$g(Eyal, Nir)$4著", " 0", Person("埃亚尔", "著", True, "", "", "", "Eyal, Nir")),
        ("$a(美)埃亚尔$4著", " 0", Person("埃亚尔", "著", True, "", "美")),
        ("$a[清] 曹雪芹$4著", " 0", Person("曹雪芹", "著", True, "", "清")),
        ("$a（日）东野圭吾$4著", " 0", Person("东野圭吾", "著", True, "", "日")),
        (
            "$a鲁迅$f(1881-1936)$9lu xun$4著$4译",
            " 0",
            Person("鲁迅", "著, 译", True, "lu xun", "", "1881-1936"),
        ),
        ("$aEyal$bNir$4著", " 1", Person("Eyal, Nir", "著")),
        ("$a张塞$AZhang Sai$4主编", " 0", Person("张塞", "主编", True, "Zhang Sai")),
    ],
)
def test_a_person_is_named_without_country_and_dates(
    text: str, indicators: str, person: Person
) -> None:
    assert with_title(field("701", text, indicators)).persons == (person,)


def test_romanised_doubles_of_persons_become_their_pinyin() -> None:
    b = with_title(
        field("701", "$a季野$4主编", " 0"),
        field("701", "$aJi Ye$4zhu bian", "A0"),
        field("702", "$a张西明$9zhang xi ming", " 0"),
        field("702", "$aZhang Xi Ming", "A0"),
    )
    assert b.persons == (
        Person("季野", "主编", True, "Ji Ye"),
        Person("张西明", "", False, "zhang xi ming"),
    )


def test_bodies_and_meetings() -> None:
    b = with_title(
        field("711", "$a国家统计局$b综合司$4编", "02"),
        field("712", "$a中国图书馆学会年会$4编", "12"),
    )
    assert b.bodies == (
        Body("国家统计局. 综合司", "编"),
        Body("中国图书馆学会年会", "编", False, "", True),
    )


def test_several_isbns_with_their_own_prices() -> None:
    b = with_title(
        field("010", "$a978-7-02-000220-7$b套$dCNY118.00 (全2册)"),
        field("010", "$a7-5037-2790-1$z7-5037-2790-X$dUSD35"),
        field("010", "$dCNY9.00"),
    )
    assert b.isbns == (
        BookNumber("978-7-02-000220-7", "9787020002207", "套", 11800, "CNY118.00 (全2册)"),
        BookNumber("7-5037-2790-1", "", "", None, "USD35"),
        BookNumber("7-5037-2790-X", "9787503727900", "", None, "USD35", True),
    )
    assert b.price_fen == 11800
    assert note("bad_isbn", isbn="7-5037-2790-1") in b.warnings


def test_price_of_a_book_without_isbn_and_the_old_book_number() -> None:
    b = with_title(field("091", "$a10019.3256$dCNY0.95"))
    assert (b.unified_number, b.price_fen, b.isbns) == ("10019·3256", 95, ())


@pytest.mark.parametrize(
    ("coded", "audience", "warned"),
    [
        ("20261001d2026    em y0chiy50      ea", "em", False),
        ("20190611d########u##y0chiy50######ea", "u", False),
        ("20261001d2026    a", "a", True),
        ("", "", False),
    ],
)
def test_field_100_of_any_length(coded: str, audience: str, warned: bool) -> None:
    b = with_title(field("100", "$a" + coded))
    assert b.audience == audience
    assert (note("field_100_length", length=len(coded)) in b.warnings) is warned


@pytest.mark.parametrize(
    ("printed", "coded", "year", "warnings"),
    [
        ("2023.5", "2020", 2023, 0),
        ("[2023]", "    ", 2023, 0),
        ("", "2020", 2020, 0),
        ("康熙十二年", "1673", 1673, 0),
        ("不详", "    ", None, 1),
        ("", "    ", None, 0),
    ],
)
def test_year_from_the_imprint_else_from_field_100(
    printed: str, coded: str, year: int | None, warnings: int
) -> None:
    b = with_title(
        field("100", f"$a20261001d{coded}    em y0chiy50      ea"), field("210", f"$d{printed}")
    )
    assert b.year == year
    assert [w.code for w in b.warnings].count("no_year") == warnings


def test_specifics_of_field_105() -> None:
    comics = with_title(field("105", "$aa   t   000fy"))
    assert (comics.forms, comics.genre) == (("comics",), "f")
    short = with_title(field("105", "$aaafk a    000y"))
    assert short.genre == ""
    dictionary = with_title(field("105", "$ay###ef##000yy"))
    assert (dictionary.forms, dictionary.genre) == (("dictionary", "encyclopedia"), "y")


@pytest.mark.parametrize(
    ("leader", "extra", "kind"),
    [
        ("00000nam0 22", [], "book"),
        ("00000nas0 22", [], "serial"),
        ("00000naa0 22", [], "article"),
        ("00000njm0 22", [], "music"),
        ("00000ngm0 22", [], "video"),
        ("00000nem0 22", [], "map"),
        ("00000nlm0 22", [], "electronic"),
        ("00000num0 22", [], "rubbing"),
        ("", [], "book"),
        ("00000nam0 22", [field("135", "$adrbn#---auaua")], "electronic"),
    ],
)
def test_kind_of_material(leader: str, extra: list[ControlField], kind: str) -> None:
    assert from_cnmarc(Record(f"{leader:24}", (field("200", "$a书"), *extra))).kind == kind


def test_title_page_with_every_part() -> None:
    b = from_cnmarc(
        record(
            field(
                "200",
                "$a三体$9san ti$dThe three-body problem$h2$i黑暗森林$e地球往事$f刘慈欣著$g某人绘"
                "$a球状闪电$v2",
                "1 ",
            ),
            field("510", "$aThe three-body problem$zeng"),
            field("510", "$aDer dunkle Wald"),
            field("512", "$a三体 Ⅱ$e封面副题"),
            field("517", "$a三 体"),
            field("454", "$12001 $a原著题名", " 0"),
        )
    )
    assert b.title == "三体"
    assert b.parallel_titles == ("The three-body problem", "Der dunkle Wald")
    assert (b.part_number, b.part_name, b.volume_mark) == ("2", "黑暗森林", "2")
    assert b.other_titles == ("地球往事",)
    assert b.responsibility == ("刘慈欣著", "某人绘")
    assert b.title_variants == ("地球往事", "球状闪电", "三体 Ⅱ", "封面副题", "原著题名")
    assert b.full_title == "三体 2 黑暗森林"


def test_multi_volume_works_in_three_styles() -> None:
    one = from_cnmarc(record(field("200", "$a资治通鉴"), field("215", "$a20册")))
    assert (one.set_style, one.set_title, one.set_key) == ("a", "资治通鉴", "")
    parts = from_cnmarc(
        record(field("200", "$a资治通鉴$h第一册$i周纪"), field("210", "$c中华书局"))
    )
    assert (parts.set_style, parts.set_title, parts.set_volume) == ("b", "资治通鉴", "第一册")
    linked = from_cnmarc(
        record(
            field("200", "$a周纪"),
            field("210", "$c中华书局"),
            field("461", "$1001012345$12001 $a资治通鉴$v1", " 0"),
        )
    )
    assert (linked.set_style, linked.set_title, linked.set_volume) == ("c", "资治通鉴", "1")
    assert parts.set_key == linked.set_key == "资治通鉴|中华书局"
    plain = from_cnmarc(record(field("200", "$a资治通鉴"), field("215", "$a320页")))
    assert (plain.set_style, plain.set_key) == ("", "")


def test_embedded_fields_of_a_link() -> None:
    link = field("461", "$1001012345$12001 $a资治通鉴$v1$1210  $c中华书局", " 0")
    inside = embedded(link)
    assert inside["001"].first("a") == "012345"
    assert inside["200"].indicators == "1 "
    assert inside["200"].subfields == (("a", "资治通鉴"), ("v", "1"))
    assert inside["210"].first("c") == "中华书局"


def test_links_without_embedded_fields_are_read_too() -> None:
    b = with_title(field("410", "$t丛书名$v7$x1002-0241"), field("461", "$t总题名$v2"))
    assert b.series == (Series("丛书名", "7", "1002-0241"),)
    assert (b.set_title, b.set_volume) == ("总题名", "2")


def test_subjects_of_every_kind() -> None:
    b = with_title(
        field("600", "$a鲁迅$f(1881-1936)$x生平事迹", " 0"),
        field("601", "$a中国图书馆学会$x概况", "02"),
        field("606", "$a社会发展$x概况$y中国$z1998$Ashehui fazhan"),
        field("607", "$a河源$x地方史"),
        field("606", "$a社会发展$x概况$y中国$z1998"),
        field("610", "$a乡村；振兴$a党建"),
    )
    assert b.subjects == (
        "鲁迅-生平事迹",
        "中国图书馆学会-概况",
        "社会发展-概况-中国-1998",
        "河源-地方史",
    )
    assert b.keywords == ("乡村", "振兴", "党建")


@pytest.mark.parametrize(
    ("audience", "children"),
    [
        ("c", True),
        ("cd", True),
        ("a", True),
        ("em", False),
        ("dm", False),
        ("u", False),
        ("", False),
    ],
)
def test_books_for_children(audience: str, children: bool) -> None:
    assert Bibliographic(format="cnmarc", audience=audience).for_children is children


def test_an_empty_record_is_only_warned_about() -> None:
    b = from_cnmarc(record(ControlField("001", "?")))
    assert (b.title, b.source_id, b.year, b.clc) == ("", "", None, ())
    assert [w.code for w in b.warnings] == ["no_title", "no_class"]


def test_new_records_have_the_minimum_fields_and_come_back_equal() -> None:
    b = msgspec.structs.replace(
        from_cnmarc(DREAM), part_name="上卷", set_style="b", set_title="红楼梦", set_volume="上卷"
    )
    built = to_cnmarc(b, entered=date(2026, 10, 1), local=DREAM.get("905"))
    assert " ".join(built.tags) == (
        "001 010 100 101 102 105 106 200 205 210 215 225 330 517 606 610 690 701 702 801 905"
    )
    assert built.first("100", "a") == "20261001d2008    em y0chiy50      ea"
    assert len(built.first("100", "a")) == 36
    assert len(built.first("105", "a")) == 13
    assert built.leader == "00000nam0 2200000   450 "
    assert len(encode(built, "gb18030")) > 500
    again = from_cnmarc(built)
    # A new record declares its variant titles without reading.
    assert msgspec.structs.replace(again, title_variants_pinyin=b.title_variants_pinyin) == b
    assert again.warnings == ()


def test_a_new_serial_and_a_volume_of_a_set() -> None:
    serial = to_cnmarc(
        Bibliographic(format="cnmarc", kind="serial", title="读者", year=1981, issn="1005-1805"),
        entered=date(2026, 1, 2),
    )
    assert serial.leader[6:8] == "as"
    assert serial.first("100", "a")[8:17] == "a19819999"
    assert serial.get("105") == ()
    assert from_cnmarc(serial).issn == "1005-1805"
    volume = to_cnmarc(
        Bibliographic(
            format="cnmarc", title="周纪", set_style="c", set_title="资治通鉴", set_volume="1"
        ),
        entered=date(2026, 1, 2),
    )
    again = from_cnmarc(volume)
    assert (again.set_style, again.set_title, again.set_volume) == ("c", "资治通鉴", "1")


def test_format_of_a_record_is_told_by_its_title_field() -> None:
    assert guess_format(DREAM) == "cnmarc"
    assert guess_format(record(field("245", "$a红楼梦"))) == "marc21"
    assert guess_format(record(field("690", "$aI24"), field("801", "$aCN"))) == "cnmarc"
    assert guess_format(record(field("650", "$aFiction"), field("040", "$aDLC"))) == "marc21"
    assert guess_format(record(field("300", "$ax"), leader=" " * 9 + "a" + " " * 14)) == "marc21"
    assert guess_format(record(field("300", "$ax"))) == "cnmarc"


def test_titles_are_compared_without_punctuation_and_width() -> None:
    assert normalise_title("《三体》 Ⅱ：黑暗·森林！") == normalise_title("三体ii黑暗森林")
