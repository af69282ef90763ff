from __future__ import annotations

import dataclasses
import io
import json

import msgspec.structs
import pytest

from shuxiang.formats.marc import DataField, Decoded, Record, read_records
from shuxiang.formats.marc.holdings import (
    HoldingItem,
    HoldingsProfile,
    expand,
    find_profile,
    items,
    preview,
)
from shuxiang.formats.notes import Note, note
from tests.formats.marc.samples import DREAM, field, real, record


def book(place: int, *holdings: DataField, clc: str = "TB472") -> Record:
    return record(field("200", f"$a题名{place}"), field("690", f"$a{clc}"), *holdings)


def barcodes(each: Record, profile: HoldingsProfile) -> list[str]:
    found, notes = items(each, profile)
    assert notes == ()
    return [item.barcode for item in found]


def test_one_905_with_a_barcode_for_each_copy() -> None:
    found, notes = items(DREAM, HoldingsProfile())
    assert notes == ()
    first, second = found
    assert first == HoldingItem(
        barcode="0100001",
        class_number="I242.4",
        book_number="12",
        call_number="I242.4/12",
        owner_code="YC",
        raw="905   $aYC$b0100001$b0100002$dI242.4$e12$f2",
    )
    assert second == msgspec.structs.replace(first, barcode="0100002")


def test_dialect_repeated_b() -> None:
    sample = [book(n, field("905", f"$aYC$b01{n:05}$b02{n:05}$dTB472$e{n}$f2")) for n in range(30)]
    profile = find_profile(sample)
    assert profile == HoldingsProfile()
    assert barcodes(sample[7], profile) == ["0100007", "0200007"]


def test_dialect_one_905_per_copy() -> None:
    sample = [
        book(
            n, *[field("905", f"$aYC$b0{copy}{n:05}$c少儿$dTB472$e{n}$z{copy}") for copy in (1, 2)]
        )
        for n in range(30)
    ]
    profile = find_profile(sample)
    found, notes = items(sample[3], profile)
    assert notes == ()
    assert [(i.barcode, i.location_code, i.copy, i.call_number) for i in found] == [
        ("0100003", "少儿", "1", "TB472/3"),
        ("0200003", "少儿", "2", "TB472/3"),
    ]


def test_dialect_ranges() -> None:
    sample = [
        book(n, field("905", f"$aYC$b{1000001 + 10 * n:07}-{1000003 + 10 * n:07}$dTB472$e{n}$f3"))
        for n in range(30)
    ]
    assert barcodes(sample[2], find_profile(sample)) == ["1000021", "1000022", "1000023"]


@pytest.mark.parametrize(("tag", "code"), [("906", "b"), ("996", "a"), ("906", "h")])
def test_dialect_accession_number_in_905_and_barcode_elsewhere(tag: str, code: str) -> None:
    sample = [
        book(
            n,
            field("905", f"$aYC$b{300000 + 2 * n}$b{300001 + 2 * n}$dTB472$e{n}$f2"),
            field(tag, f"${code}0104416{2 * n:06}${code}0104416{2 * n + 1:06}"),
        )
        for n in range(30)
    ]
    profile = find_profile(sample)
    assert (profile.tag, profile.number) == ("905", "b")
    assert (profile.barcode_tag, profile.barcode_code) == (tag, code)
    found, notes = items(sample[4], profile)
    assert notes == ()
    assert [(i.accession_number, i.barcode) for i in found] == [
        ("300008", "0104416000008"),
        ("300009", "0104416000009"),
    ]
    fewer = book(99, field("905", "$b300100$b300101"), field(tag, f"${code}0104416000999"))
    assert items(fewer, profile) == ((), (note("barcodes_unpaired", accessions=2, barcodes=1),))


def test_dialect_class_and_book_number_in_one_subfield() -> None:
    sample = [book(n, field("905", f"$aYC$b01{n:05}$dTB472/{n + 1}")) for n in range(30)]
    found, _ = items(sample[11], find_profile(sample))
    assert [(i.class_number, i.book_number, i.call_number) for i in found] == [
        ("TB472", "12", "TB472/12")
    ]


def test_a_combined_class_is_cut_at_the_last_slash() -> None:
    found, _ = items(book(1, field("905", "$b0100001$dK87/7/12")), HoldingsProfile())
    assert (found[0].class_number, found[0].book_number) == ("K87/7", "12")


def test_dialect_whole_call_number() -> None:
    sample = [book(n, field("905", f"$aYC$b01{n:05}$sTB472/{n}")) for n in range(30)]
    found, _ = items(sample[12], find_profile(sample))
    assert [(i.class_number, i.book_number, i.call_number) for i in found] == [
        ("TB472", "12", "TB472/12")
    ]


def test_dialect_shared_catalogue_without_barcodes() -> None:
    sample = [book(n, field("905", "$aNLC$dTB472$e12")) for n in range(30)]
    profile = find_profile(sample)
    assert profile.tag == ""
    assert items(sample[0], profile) == ((), ())
    assert items(sample[0], HoldingsProfile()) == ((), ())


def test_dialect_of_a_vendor_in_another_field_with_shifted_subfields() -> None:
    sample = [
        book(n, field("996", f"$aYC$cTB472$d{n}$bYC{n:06}$eCNY{20 + n}.00")) for n in range(30)
    ]
    profile = find_profile(sample)
    assert (profile.tag, profile.number, profile.class_code, profile.book_code) == (
        "996",
        "b",
        "c",
        "d",
    )
    assert (profile.price_code, profile.location_code) == ("e", "")
    found, _ = items(sample[5], profile)
    assert found[0].price_fen == 2500
    assert (found[0].barcode, found[0].call_number) == ("YC000005", "TB472/5")


def test_barcodes_in_another_field_take_the_class_from_905() -> None:
    sample = [
        book(n, field("905", f"$aYC$dTB472$e{n}"), field("906", f"$b01{n:05}$c库房"))
        for n in range(30)
    ]
    profile = find_profile(sample)
    assert (profile.tag, profile.class_tag) == ("906", "905")
    found, _ = items(sample[8], profile)
    assert (found[0].barcode, found[0].call_number) == ("0100008", "TB472/8")


def test_marc21_holdings() -> None:
    sample = [
        record(field("245", "$ax"), field("852", f"$aYC$b少儿$hTB472$i{n}$p01{n:05}$t1"))
        for n in range(30)
    ]
    found, _ = items(sample[8], find_profile(sample))
    assert [(i.barcode, i.call_number, i.location_code, i.copy) for i in found] == [
        ("0100008", "TB472/8", "少儿", "1")
    ]


def test_dates_prices_and_repeated_codes_are_not_taken_for_barcodes() -> None:
    sample = [
        book(
            n,
            field("905", f"$aYC001$b01{n:05}$dTB472$e{n}"),
            field("998", f"$a20200{1 + n % 9}15$bBATCH001$c1{n:03}.00"),
        )
        for n in range(30)
    ]
    profile = find_profile(sample)
    assert (profile.tag, profile.number, profile.barcode_tag) == ("905", "b", "")


def test_real_records_have_their_barcodes_in_935_with_short_ranges() -> None:
    outcome = read_records(io.BytesIO(real("cnmarc-utf-8.iso")), "utf-8")
    records = [each.record for each in outcome if isinstance(each, Decoded)]
    profile = find_profile(records)
    assert (profile.tag, profile.number, profile.short_ranges) == ("935", "b", True)
    assert [[i.barcode for i in row.items] for row in preview(records, profile)] == [
        ["1683011", "1683012", "1683013"],
        ["1708903", "1805012"],
        ["1731854", "1736772", "1805013", "1865841"],
        [],
        ["1805014"],
        ["1805015"],
        ["1805016", "1865829", "1865830"],
        [],
        ["1667201", "1667202", "1667203"],
        [],
    ]
    assert all(i.call_number == "F124/26" for row in preview(records, profile) for i in row.items)
    listed_singly = dataclasses.replace(profile, tag="906", short_ranges=False)
    assert barcodes(records[0], listed_singly) == ["1683011", "1683012", "1683013"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("0100001", ["0100001"]),
        (" ０１００００１ ", ["0100001"]),
        ("yc0001", ["YC0001"]),
        ("0100001-0100003", ["0100001", "0100002", "0100003"]),
        ("0100001—0100002", ["0100001", "0100002"]),
        ("0100001～0100002", ["0100001", "0100002"]),
        ("0100001 至 0100002", ["0100001", "0100002"]),
        ("YC00099-YC00101", ["YC00099", "YC00100", "YC00101"]),
        ("0100001-0100001", ["0100001"]),
        ("2015-0123", ["2015-0123"]),
        ("YC-0001", ["YC-0001"]),
        ("A1-22", ["A1-22"]),
        ("", []),
    ],
)
def test_barcodes_a_subfield_stands_for(text: str, found: list[str]) -> None:
    notes: list[Note] = []
    assert expand(text, notes) == found
    assert notes == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1683011-3", note("range_unclear", text="1683011-3")),
        ("0100005-0100001", note("range_unclear", text="0100005-0100001")),
        ("YC00001-ZC00003", note("range_unclear", text="YC00001-ZC00003")),
        ("0100001-01000010", note("range_unclear", text="0100001-01000010")),
        (
            "0100001-0900001",
            note("range_too_long", text="0100001-0900001", count=800_001, limit=1_000),
        ),
        ("0100001 0100002", note("bad_barcode", text="0100001 0100002")),
        ("x" * 41, note("bad_barcode", text="x" * 41)),
    ],
)
def test_what_only_looks_like_a_range_makes_no_items(text: str, reason: Note) -> None:
    notes: list[Note] = []
    assert expand(text, notes) == []
    assert notes == [reason]


def test_short_ranges_where_the_source_writes_them() -> None:
    assert expand("1865829-30", [], short_ranges=True) == ["1865829", "1865830"]
    assert expand("1683011-3", [], short_ranges=True) == ["1683011", "1683012", "1683013"]
    notes: list[Note] = []
    assert expand("1683011-0", notes, short_ranges=True) == []
    assert notes == [note("range_unclear", text="1683011-0")]


def test_a_wrong_count_and_a_repeated_barcode_are_reported() -> None:
    found, notes = items(book(1, field("905", "$b0100001$b0100002$b0100001$f5")), HoldingsProfile())
    assert [item.barcode for item in found] == ["0100001", "0100002"]
    assert notes == (
        note("duplicate_barcode", barcode="0100001"),
        note("copies_differ", stated=5, found=2),
    )


def test_volumes_pair_with_barcodes_when_there_are_as_many() -> None:
    found, _ = items(book(1, field("905", "$b0100001$b0100002$v上$v下$z1")), HoldingsProfile())
    assert [(item.volume, item.copy) for item in found] == [("上", "1"), ("下", "1")]


def test_preview_shows_twenty_records_with_their_warnings() -> None:
    sample = [book(n, field("905", f"$b01{n:05}$f2")) for n in range(30)]
    rows = preview(sample, HoldingsProfile())
    assert len(rows) == 20
    assert (rows[4].number, rows[4].title) == (5, "题名4")
    assert rows[4].warnings == (note("copies_differ", stated=2, found=1),)


def test_a_profile_is_stored_and_read_back() -> None:
    profile = HoldingsProfile(tag="996", barcode_tag="906", barcode_code="h", short_ranges=True)
    stored = json.loads(json.dumps(profile.to_dict()))
    assert HoldingsProfile.from_dict(stored | {"unknown": 1}) == profile
    with pytest.raises(TypeError, match="short_ranges must be a bool"):
        HoldingsProfile.from_dict({"short_ranges": "yes"})


def test_an_empty_sample_has_no_holdings() -> None:
    assert find_profile([]).tag == ""
