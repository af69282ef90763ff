"""Static charts: our data → Vega-Lite → SVG and PNG.

Colour never stands alone: the first series is filled, the second hollow, further ones differ in
lightness; lines differ in dash and point; every value is written beside its mark. A missing value
is written 缺 and never drawn as zero.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Literal, TypeVar

from shuxiang.documents.errors import DocumentError
from shuxiang.documents.fonts import FAMILY, register_chart_fonts

PINE, CINNABAR, AMBER = "#17594A", "#A4271B", "#7A4B00"
INK, MUTED, LINE, PAPER, WHITE = "#1F2421", "#5B615C", "#E2DCCF", "#F6F3EC", "#FFFFFF"
FILLS = (PINE, PAPER, "#8FB5A6", "#D9C9A3")
STROKES = (PINE, PINE, PINE, AMBER)
MISSING = "缺"

Kind = Literal["columns", "bars", "line", "grouped", "grouped_bars", "stacked", "columns_line"]
"""columns stand, bars lie (for long names); columns_line draws the last series as a line."""

Spec = dict[str, Any]
"""A Vega-Lite 5 specification as JSON values."""

LINES: tuple[tuple[str, list[int], str], ...] = (
    (CINNABAR, [1, 0], "circle"),
    (PINE, [6, 4], "square"),
    (AMBER, [2, 3], "triangle-up"),
)
WIDTH, HEIGHT, LYING_WIDTH, BAND, DENSE = 600, 200, 440, 26, 34
"""Pixels: the plot of standing and the width of lying charts, a lying bar with its gap, and the room below
which numbers side by side no longer fit."""


@dataclass(frozen=True, slots=True)
class Series:
    """One row of numbers, a number a category; None where there is no figure."""

    name: str
    values: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn, apart from how: the chart, its table twin and its text come from this.

    ``name`` is unique in the document (letters, digits, hyphens) and used in addresses; ``alt`` is
    read out instead of the picture; ``unit`` is that of every value.
    """

    name: str
    title: str
    kind: Kind
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str
    alt: str

    def __post_init__(self) -> None:
        if not self.categories or not self.series:
            raise DocumentError(f"Chart {self.name} has no categories or no series.")
        for series in self.series:
            if len(series.values) != len(self.categories):
                raise DocumentError(
                    f"Chart {self.name}: series {series.name} has {len(series.values)} values "
                    f"for {len(self.categories)} categories."
                )


def spec(chart: Chart) -> Spec:
    """Return the Vega-Lite specification of a chart. Pure: nothing is drawn yet."""
    lying = chart.kind in ("bars", "grouped_bars")
    match chart.kind:
        case "line":
            layers = _lines(chart, chart.series)
        case "columns_line":
            layers = _columns_and_line(chart)
        case _:
            layers = _bars(chart, chart.series, lying=lying)
    body: Spec = {
        "layer": layers,
        "width": LYING_WIDTH if lying else WIDTH,
        "height": HEIGHT,
    }
    if lying:
        body["height"] = BAND * len(chart.categories) * (1.4 if len(chart.series) > 1 else 1)
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "description": chart.alt,
        "data": {"values": _rows(chart)},
        "resolve": {
            "scale": dict.fromkeys(("fill", "stroke"), "independent"),
            "legend": dict.fromkeys(("fill", "stroke"), "independent"),
        },
        "config": _config(lying=lying),
        **body,
    }


def svg(specification: Mapping[str, Any]) -> str:
    """Draw a specification as SVG with real text, no style attributes and no scripts.

    Raises DocumentError when the specification is not valid Vega-Lite.
    """
    drawn = _svg(_key(specification))
    # Vega paints a stroke over its fill; a rim belongs behind the number it frees.
    drawn = drawn.replace("<text ", '<text paint-order="stroke" ')
    # Vega leaves the description out of the file, and a screen reader needs it there.
    described = escape(str(specification.get("description", "")))
    return drawn.replace("<svg ", '<svg role="img" ', 1).replace(
        ">", f"><title>{described}</title>", 1
    )


def png(specification: Mapping[str, Any], ppi: float = 300) -> bytes:
    """Draw a specification as PNG at ``ppi`` pixels an inch (a chart's pixel is 1/96 inch).

    Rasterised by typst: vl-convert's own rasteriser shows a variable font at its thinnest.
    """
    from shuxiang.documents.typeset import raster

    key = _key(specification), ppi
    if key not in _rastered:
        _remember(_rastered, key, raster("chart", {"svg": svg(specification)}, ppi=ppi))
    return _rastered[key]


def chart_svg(chart: Chart) -> str:
    """Return a chart's SVG, ready to be served as ``image/svg+xml``."""
    return svg(spec(chart))


def _key(specification: Mapping[str, Any]) -> str:
    return json.dumps(specification, ensure_ascii=False, sort_keys=True)


_drawn: dict[str, str] = {}
_rastered: dict[tuple[str, float], bytes] = {}
_KEPT = 64
K = TypeVar("K")
V = TypeVar("V")


def _svg(specification: str) -> str:
    """What vl-convert makes of it, the last `_KEPT` kept: a chart is drawn once for all its forms."""
    drawn = _drawn.get(specification)
    if drawn is None:
        drawn = _convert(specification)
        _remember(_drawn, specification, drawn)
    return drawn


def _remember(kept: dict[K, V], key: K, made: V) -> None:
    if len(kept) >= _KEPT:
        del kept[next(iter(kept))]
    kept[key] = made


def _convert(specification: str) -> str:
    import vl_convert

    register_chart_fonts()
    try:
        drawn = vl_convert.vegalite_to_svg(
            specification, vl_version="5.21", allowed_base_urls=[], show_warnings=False
        )
    except ValueError as error:
        raise DocumentError(f"The chart cannot be drawn: {error}") from error
    return str(drawn)


def warm_up() -> None:
    """Start the drawing engines, which takes most of a second; later charts take a fifth."""
    from shuxiang.documents.typeset import raster

    tiny = _convert(
        '{"data": {"values": [{"a": 1}]}, "mark": "bar", "encoding": {"x": {"field": "a"}}}'
    )
    raster("chart", {"svg": tiny}, ppi=72)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Charts drawn in one process, to be handed to another."""

    svg: dict[str, str]
    png: dict[tuple[str, float], bytes]


def draw(charts: Iterable[Chart], ppi: float) -> Drawn:
    """Draw charts in both forms, to be handed over: see `take_over`."""
    made = Drawn({}, {})
    for chart in charts:
        specification = spec(chart)
        key = _key(specification)
        made.png[key, ppi] = png(specification, ppi)
        made.svg[key] = _svg(key)
    return made


def take_over(made: Drawn) -> None:
    """Keep what another process has drawn, so that it is not drawn here again."""
    for key, text in made.svg.items():
        _remember(_drawn, key, text)
    for at, picture in made.png.items():
        _remember(_rastered, at, picture)


def _rows(chart: Chart) -> list[dict[str, Any]]:
    return [
        {
            "category": category,
            "series": series.name,
            "value": value,
            "label": MISSING if value is None else str(value),
            "at": 0 if value is None else value,
            "order": order,
        }
        for order, series in enumerate(chart.series)
        for category, value in zip(chart.categories, series.values, strict=True)
    ]


def _category_axis(chart: Chart, *, lying: bool) -> Spec:
    return {
        "field": "category",
        "type": "nominal",
        "sort": list(chart.categories),
        "title": None,
        "axis": {"labelAngle": 0, "labelLimit": 290 if lying else 90, "grid": False},
        "scale": {"paddingInner": 0.22},
    }


def _value_axis(chart: Chart, *, lying: bool = False, stacked: bool = False) -> Spec:
    # The unit stands upright above a standing axis and at the right end of a lying one.
    title: Spec = {"titleAngle": 0, "titleAnchor": "end", "titleAlign": "right"}
    if not lying:
        title |= {"titleAlign": "left", "titleX": -30, "titleY": -13}
    return {
        "field": "value",
        "type": "quantitative",
        "title": chart.unit,
        "axis": {"format": "d", "tickCount": 5, "tickMinStep": 1, **title},
        "stack": "zero" if stacked else None,
        "scale": {"zero": True, "nice": True},
    }


def _only(series: tuple[Series, ...]) -> list[Spec]:
    return [{"filter": {"field": "series", "oneOf": [one.name for one in series]}}]


def _paint(drawn: tuple[Series, ...], colours: tuple[str, ...], *, legend: Spec | None) -> Spec:
    names = [series.name for series in drawn]
    return {
        "field": "series",
        "type": "nominal",
        "sort": names,
        "scale": {
            "domain": names,
            "range": [colours[i % len(colours)] for i in range(len(names))],
        },
        "legend": legend,
    }


def _bars(chart: Chart, drawn: tuple[Series, ...], *, lying: bool) -> list[Spec]:
    stacked = chart.kind == "stacked"
    along, across, offset = ("x", "y", "yOffset") if lying else ("y", "x", "xOffset")
    legend: Spec | None = {"title": None} if len(chart.series) > 1 else None
    position: Spec = {across: _category_axis(chart, lying=lying)}
    if len(drawn) > 1 and not stacked:
        position[offset] = {
            "field": "series",
            "type": "nominal",
            "sort": [series.name for series in drawn],
        }
    bars: Spec = {
        "transform": _only(drawn),
        "mark": {"type": "bar", "strokeWidth": 1},
        "encoding": {
            **position,
            along: _value_axis(chart, lying=lying, stacked=stacked),
            "fill": _paint(drawn, FILLS, legend=legend),
            "stroke": _paint(drawn, STROKES, legend=legend),
            "order": {"field": "order", "type": "quantitative"},
        },
    }
    if stacked:
        return [bars, *_stack_labels(chart, position)]
    mark: Spec = {"align": "center", "baseline": "bottom", "dy": -5}
    if lying:
        mark = {"align": "left", "baseline": "middle", "dx": 4}
    elif WIDTH / len(chart.categories) / len(drawn) < DENSE:
        # Side by side the numbers would run into each other, so they stand on end.
        mark = {"align": "left", "baseline": "middle", "angle": 270, "dx": 4}
    return [bars, *_numbers({**position, along: _at()}, _only(drawn), mark, INK)]


def _stack_labels(chart: Chart, position: Spec) -> list[Spec]:
    """Numbers inside the segments that have room for them; missing ones named at the foot."""
    highest = max(
        sum(value or 0 for value in column)
        for column in zip(*(series.values for series in chart.series), strict=True)
    )
    middle = {
        "field": "value",
        "type": "quantitative",
        "stack": "zero",
        "bandPosition": 0.5,
    }
    inside: Spec = {
        "mark": {"type": "text", "fontSize": 10},
        "encoding": {
            **position,
            "y": middle,
            "detail": {"field": "series", "type": "nominal"},
            "order": {"field": "order", "type": "quantitative"},
            "text": {
                "condition": {
                    "test": f"datum.value >= {highest * 0.06}",
                    "field": "label",
                },
                "value": "",
            },
            "color": {
                "condition": {"test": "datum.order === 0", "value": WHITE},
                "value": INK,
            },
        },
    }
    absent = [{"filter": "datum.value === null"}]
    return [inside, *_numbers({**position, "y": _at()}, absent, {"dy": -8}, CINNABAR)]


def _at() -> Spec:
    return {"field": "at", "type": "quantitative"}


def _numbers(position: Spec, transform: list[Spec], mark: Spec, colour: str) -> list[Spec]:
    """The values as text, with a white rim so that they stay readable over a bar or a line. `svg`
    puts the rim behind the text: a layer of its own would be measured a second time."""
    text = {"text": {"field": "label", "type": "nominal"}}
    shape = {
        "type": "text",
        "fontSize": 10,
        **mark,
        "color": colour,
        "stroke": WHITE,
        "strokeWidth": 3,
        "strokeJoin": "round",
    }
    return [{"transform": transform, "mark": shape, "encoding": {**position, **text}}]


def _lines(chart: Chart, drawn: tuple[Series, ...]) -> list[Spec]:
    lines: list[Spec] = []
    numbers: list[Spec] = []
    across = _category_axis(chart, lying=False)
    for index, series in enumerate(drawn):
        colour, dash, point = LINES[index % len(LINES)]
        legend: Spec = {"title": None, "symbolType": point, "symbolFillColor": colour}
        mark = {
            "type": "line",
            "strokeDash": dash,
            "strokeWidth": 2,
            "invalid": "break-paths-show-domains",
            "point": {"shape": point, "size": 42, "filled": True, "fill": colour},
        }
        encoding = {
            "x": across,
            "y": _value_axis(chart),
            "stroke": _paint(
                (series,), (colour,), legend=legend if len(chart.series) > 1 else None
            ),
        }
        lines.append({"transform": _only((series,)), "mark": mark, "encoding": encoding})
        if index == 0:
            # One line only: two rows of numbers cross wherever the lines do. The table has all.
            above = {"dy": -11}
            numbers = _numbers({"x": across, "y": _at()}, _only((series,)), above, colour)
    return [*lines, *numbers]


def _columns_and_line(chart: Chart) -> list[Spec]:
    columns, line = chart.series[:-1], chart.series[-1:]
    if not columns:
        raise DocumentError(f"Chart {chart.name} needs one series for columns and one for a line.")
    bars, *_above = _bars(chart, columns, lying=False)
    # Light, so that the line shows on them; hollow would be taken for last year.
    bars["encoding"]["fill"]["scale"]["range"] = ["#8FB5A6", PAPER, "#D9C9A3"][: len(columns)]
    lines = _lines(chart, line)
    if len(columns) == 1:
        # Their numbers stand under the months, where no line can run through them.
        numbers = {row["category"]: row["label"] for row in _rows(chart) if row["order"] == 0}
        looked_up = json.dumps(numbers, ensure_ascii=False, sort_keys=True)
        for layer in (bars, lines[0]):
            across = layer["encoding"]["x"]
            across["title"] = f"下行数字：{columns[0].name}"
            across["axis"]["labelExpr"] = f"[datum.label, {looked_up}[datum.label]]"
    return [bars, *lines]


def _config(*, lying: bool) -> Spec:
    # Weight 500 and not 400: the rasteriser takes 400 for "as the file is", and the file of a
    # variable font is its thinnest.
    font = f"{FAMILY}, sans-serif"
    axis = {
        "labelFont": font,
        "titleFont": font,
        "labelFontWeight": 500,
        "titleFontWeight": 500,
        "labelFontSize": 11,
        "titleFontSize": 11,
        "labelColor": INK,
        "titleColor": MUTED,
        "gridColor": LINE,
        "domainColor": MUTED,
        "tickColor": MUTED,
        "labelPadding": 5,
    }
    legend = {
        "orient": "top",
        "labelFont": font,
        "labelFontWeight": 500,
        "labelFontSize": 11,
        "labelColor": INK,
        "labelLimit": 260,
        "symbolStrokeWidth": 1.5,
        # Above a standing axis the legend leaves room for the unit.
        "offset": 8 if lying else 24,
    }
    return {
        "background": WHITE,
        "font": font,
        "axis": axis,
        "legend": legend,
        "text": {"font": font, "fontWeight": 500, "color": INK},
        "view": {"stroke": None},
        "padding": 6,
    }
