"""Folding, cutting, numbers and classes: the same for the index and the question."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shuxiang.apps.search import rules
from shuxiang.apps.search.rules import grams, read_question
from shuxiang.formats import volumes


@pytest.mark.parametrize(
    ("text", "compacted"),
    [
        ("《紅樓夢》", "红楼梦"),
        ("红楼梦 : 研究", "红楼梦研究"),
        ("Harry  Potter", "harry potter"),
        ("ＡＢＣ　１２３", "abc 123"),
        ("Café–Bar", "cafe bar"),
        ("C++ 程序设计", "c++程序设计"),
        ("C#入门", "c#入门"),
        ("1 + 1", "1 1"),
        ("snake_case", "snake case"),
        ("战争与和平Ⅱ", "战争与和平ii"),
        ("後來", "后来"),
        ("·•—…", ""),
        ("", ""),
    ],
)
def test_compact(text: str, compacted: str) -> None:
    assert rules.compact(text) == compacted


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("红楼梦", ["红楼", "楼梦"]),
        ("梦", ["梦"]),
        ("C语言程序", ["c", "语", "语言", "言程", "程序"]),
        ("教程第2版", ["教程", "程第", "第", "2", "版"]),
        ("Windows 11 使用", ["windows", "11", "使", "使用"]),
        ("python3.8", ["python", "3", "8"]),
        ("", []),
    ],
)
def test_grams(text: str, tokens: list[str]) -> None:
    assert grams(text) == tokens


@given(st.text(alphabet="红楼梦第版语言ab12 :·", min_size=1, max_size=30), st.data())
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_grams_of_a_part_are_a_part_of_the_grams(text: str, data: st.DataObject) -> None:
    whole = rules.compact(text)
    units = list(rules._UNIT_RUN.findall(whole))
    pieces = [c for u in units for c in ([u] if u.isascii() else list(u))]
    if not pieces:
        return
    start = data.draw(st.integers(0, len(pieces) - 1))
    end = data.draw(st.integers(start + 1, len(pieces)))
    part = grams(" ".join(pieces[start:end]))
    tokens = grams(text)
    if len(part) == 1 and len(part[0]) == 1 and not part[0].isascii():
        assert part[0] in rules.characters(whole)
    else:
        assert any(tokens[i : i + len(part)] == part for i in range(len(tokens)))


@pytest.mark.parametrize(
    ("typed", "forms"),
    [
        ("978-7-02-000220-7", ("9787020002207", "702000220X")),
        ("702000220x", ("9787020002207", "702000220X")),
        ("7-02-000220-1", ("7020002201",)),
        ("9787020002201", ("9787020002201",)),
        ("979-10-90636-07-1", ("9791090636071",)),
        ("12345", ()),
        ("", ()),
        ("9787020002207（精装）", ("9787020002207", "702000220X")),
    ],
)
def test_isbn_forms(typed: str, forms: tuple[str, ...]) -> None:
    assert rules.isbn_forms(typed) == forms


@pytest.mark.parametrize(
    ("text", "variant"),
    [
        ("平凡的世界第一部", "平凡的世界1部"),
        ("平凡的世界第1部", "平凡的世界1部"),
        ("平凡的世界第十二部", "平凡的世界12部"),
        ("史记卷一百二十", "史记卷120"),
        ("史记上册", "史记1册"),
        ("战争与和平ii", "战争与和平2"),
        ("战争与和平xiv", "战争与和平14"),
        ("三部曲", ""),
        ("三体", ""),
        ("活着", ""),
        ("百", ""),
    ],
)
def test_volume_variant(text: str, variant: str) -> None:
    assert volumes.volume_variant(text) == variant


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("战争与和平第二部", ("战争与和平2部", "战争与和平2")),
        ("冰与火之歌卷二", ("冰与火之歌卷2", "冰与火之歌2")),
        ("明朝那些事儿贰", ("明朝那些事儿2",)),
        ("盗墓笔记5", ()),
        ("盗墓笔记第5册", ("盗墓笔记5册", "盗墓笔记5")),
        ("活着", ()),
        ("", ()),
    ],
)
def test_volume_forms(text: str, forms: tuple[str, ...]) -> None:
    assert volumes.volume_forms(text) == forms


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("活著", ("活着",)),
        ("身份與身分", ("身分与身分", "身份与身份")),
        ("红楼梦", ()),
        ("", ()),
    ],
)
def test_respelled(text: str, others: tuple[str, ...]) -> None:
    assert rules.respelled(text, [("著", "着"), ("身份", "身分")]) == others


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("红楼梦研究", ["红", "红楼", "红楼梦", "红楼梦研"]),
        ("梦", ["梦"]),
        ("harry potter", ["^harry", "harry", "harry potter"]),
        ("c++程序", ["^c++", "c++", "c++程", "c++程序"]),
        ("1984", ["1984"]),
        ("第2版", ["第", "第2", "第2版"]),
        ("", []),
    ],
)
def test_starts(text: str, begins: list[str]) -> None:
    assert rules.starts(text) == begins


@pytest.mark.parametrize(
    ("typed", "mixed"),
    [("红楼meng", True), ("hong楼梦", True), ("红楼梦", False), ("hlm", False), ("c++语言", False)],
)
def test_characters_and_letters_mixed(typed: str, mixed: bool) -> None:
    assert [chunk.is_mixed for chunk in read_question(typed).chunks] == [mixed]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("(清) 曹雪芹著", "曹雪芹"),
        ("[美] J·K·Rowling", "jkrowling"),
        ("（英）莎士比亚 (Shakespeare, William)", "莎士比亚shakespearewilliam"),
        ("〔日〕村上春树", "村上春树"),
        ("鲁迅 等编", "鲁迅"),
        ("校注", "校注"),
        ("", ""),
    ],
)
def test_person_key(name: str, key: str) -> None:
    assert rules.person_key(name) == key


@pytest.mark.parametrize(
    ("name", "words"),
    [("(美) Nicholas C. Zakas著", "nicholas c zakas"), ("(清) 曹雪芹著", "曹雪芹"), ("", "")],
)
def test_the_words_of_a_name_stay_apart(name: str, words: str) -> None:
    assert rules.person_words(name) == words


@pytest.mark.parametrize(
    ("typed", "prefix"),
    [
        ("I247.5", "I247.5"),
        ("i247.5*", "I247.5"),
        ("I*", "I"),
        ("TP312", "TP312"),
        ("K827=41", "K827=41"),
        ("hlm", ""),
        ("I", ""),
        ("2019", ""),
        ("L21", ""),
        ("红楼梦", ""),
    ],
)
def test_a_class_is_recognised(typed: str, prefix: str) -> None:
    assert read_question(typed).class_prefix == prefix


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("978-7-02-000220-7", ("9787020002207", "702000220X")),
        ("10019·3001", ("10019.3001",)),
        ("1005-1805", ("10051805",)),
        ("ｙｃ０００１", ("YC0001",)),
        ("I242.4/C18", ("I242.4/C18",)),
        ("红楼梦", ()),
        ("hlm", ()),
    ],
)
def test_numbers_are_recognised(typed: str, numbers: tuple[str, ...]) -> None:
    assert read_question(typed).numbers == numbers


def test_a_question_is_cut_at_200_characters_and_12_parts() -> None:
    assert len(read_question("红" * 10_000).whole) == 200
    assert len(read_question(" ".join(f"a{i}" for i in range(60))).chunks) == 12


def test_segment_prefers_words_titles_have() -> None:
    known = {"鲁迅": 50, "小说": 900, "迅小": 1}
    assert rules.segment("鲁迅小说", known, 10_000) == ["鲁迅", "小说"]
    assert rules.segment("量子", {}, 10_000) == ["量", "子"]
