"""Charts: labels are text, nothing breaks the content policy, missing is not zero."""

from __future__ import annotations

import struct
from typing import get_args
from xml.etree import ElementTree

import pytest

from shuxiang.documents.charts import Chart, Kind, Series, chart_svg, png, spec, svg
from shuxiang.documents.errors import DocumentError

MONTHS = ("1月", "2月", "3月")
TWO = (Series("2020 年", (120, None, 0)), Series("2019 年", (130, 95, 88)))


def chart(kind: Kind, series: tuple[Series, ...] = TWO, **changes: object) -> Chart:
    given = {"name": "c", "title": "t", "categories": MONTHS, "unit": "册次", "alt": "说明"}
    return Chart(kind=kind, series=series, **{**given, **changes})  # type: ignore[arg-type]


def texts(drawn: str) -> list[str]:
    root = ElementTree.fromstring(drawn)
    return ["".join(one.itertext()) for one in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_kind_names_its_categories_series_unit_and_values(kind: Kind) -> None:
    drawn = chart_svg(chart(kind))
    shown = " ".join(texts(drawn))
    for expected in (*MONTHS, "2020 年", "2019 年", "册次", "120", "缺"):
        assert expected in shown
    assert "说明" in drawn


@pytest.mark.parametrize("kind", get_args(Kind))
def test_svg_runs_under_a_strict_content_policy(kind: Kind) -> None:
    drawn = chart_svg(chart(kind))
    for forbidden in ("style=", "<style", "<script", "href=", "onload"):
        assert forbidden not in drawn


def test_the_first_series_is_filled_and_the_second_hollow() -> None:
    drawn = chart_svg(chart("grouped"))
    assert 'fill="#17594A"' in drawn
    assert 'fill="#F6F3EC" stroke="#17594A"' in drawn


def test_lines_differ_in_dash_and_point() -> None:
    layers = spec(chart("line"))["layer"]
    marks = [layer["mark"] for layer in layers if layer["mark"]["type"] == "line"]
    assert [mark["strokeDash"] for mark in marks] == [[1, 0], [6, 4]]
    assert [mark["point"]["shape"] for mark in marks] == ["circle", "square"]


def test_a_missing_value_draws_no_point() -> None:
    with_gap = chart_svg(chart("line", (Series("a", (1, None, 3)),)))
    whole = chart_svg(chart("line", (Series("a", (1, 2, 3)),)))
    assert with_gap.count('aria-roledescription="point"') == 2
    assert whole.count('aria-roledescription="point"') == 3


def test_hostile_names_stay_text() -> None:
    name = '"]; alert(1) // <b>&'
    drawn = chart_svg(
        chart(
            "columns_line",
            (Series(name, (1, 2, 3)), Series("b", (3, 2, 1))),
            categories=(name, "b", "c"),
        )
    )
    assert "<b>" not in drawn
    assert any(name in text for text in texts(drawn))


def test_png_is_300_dpi_of_the_svg() -> None:
    specification = spec(chart("columns", TWO[:1]))
    picture = png(specification)
    width = struct.unpack(">I", picture[16:20])[0]
    root = ElementTree.fromstring(svg(specification))
    assert picture.startswith(b"\x89PNG")
    assert width == pytest.approx(float(root.attrib["width"]) / 96 * 300, abs=2)


def test_the_same_chart_is_the_same_bytes() -> None:
    one, other = spec(chart("grouped")), spec(chart("grouped"))
    assert svg(one) == svg(other)
    assert png(one, 150) == png(other, 150)


def test_a_series_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(DocumentError, match="2 values for 3 categories"):
        chart("columns", (Series("a", (1, 2)),))


def test_an_invalid_specification_is_one_clear_error() -> None:
    with pytest.raises(DocumentError, match="cannot be drawn"):
        svg({"mark": "no-such-mark", "data": {"values": []}})
