"""How fast a CNMARC file with items becomes committed rows, and then findable.

The records are made from the titles of the demo data, repeated with other numbers up to the size
asked for; one item each.
"""

from __future__ import annotations

import itertools
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from importlib import resources
from pathlib import Path

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.places import queries as places
from shuxiang.apps.search.commands import following
from shuxiang.apps.search.queries import index
from shuxiang.apps.stock.commands import import_marc
from shuxiang.formats.identifiers import isbn13_check
from shuxiang.formats.marc import Bibliographic, DataField, encode, to_cnmarc
from shuxiang.formats.marc.bibliographic import BookNumber, Person
from shuxiang.kernel import clock
from shuxiang.kernel.context import SYSTEM, Context

Row = tuple[str, float, str]

# Of the length of what replaces them, so that the lengths in the record stay right.
_ISBN, _BARCODE, _NUMBER = b"9780000000000", b"BARCODE000", b"RECORD0000"
_WRITTEN = date(2020, 1, 1)


def records(count: int) -> Iterator[bytes]:
    """``count`` ISO 2709 records in UTF-8 with valid ISBNs and barcodes of their own."""
    templates = list(_templates())
    for number, template in zip(range(count), itertools.cycle(templates)):
        twelve = f"97872{number:07d}"
        yield (
            template.replace(_ISBN, (twelve + isbn13_check(twelve)).encode())
            .replace(_BARCODE, b"1%09d" % number)
            .replace(_NUMBER, b"%010d" % number)
        )


def _templates() -> Iterator[bytes]:
    text = resources.files("shuxiang.demo").joinpath("data/titles.tsv").read_text("utf-8")
    for number, line in enumerate(text.splitlines()):
        title, statement, clc, year, kind = line.split("\t")
        held = DataField(
            "905",
            "  ",
            (("a", "CL"), ("b", _BARCODE.decode()), ("d", clc), ("e", str(number % 900 + 1))),
        )
        described = Bibliographic(
            format="cnmarc",
            title=title,
            responsibility=tuple(statement.split("；")),
            persons=tuple(Person(s.strip("著编译绘等")[-12:], "著") for s in statement.split("；")),
            place="北京",
            publisher="测量出版社",
            date_text=year or "2008",
            year=int(year or 2008),
            extent=f"{number % 600 + 80}页",
            dimensions="21cm",
            isbns=(BookNumber(_ISBN.decode(), _ISBN.decode(), price_text="CNY39.80"),),
            subjects=("长篇小说-中国-当代",),
            clc=(clc,),
            abstract=f"本书题为{title}，供测量导入与检索速度之用，文字长短与常见书目的提要相仿。",
            audience="c" if kind == "c" else "m",
            language="chi",
            country="CN",
            source_id=_NUMBER.decode(),
            source_agency="CL",
        )
        yield encode(to_cnmarc(described, entered=_WRITTEN, local=(held,)))


def _memory() -> float:
    """Peak of this process so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _cpu() -> float:
    """Seconds of processor time of this process and the ended ones it started."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def run(items: int) -> list[Row]:
    """Import ``items`` records into the main library and index them; the library must be new."""
    place = places.main_library().id
    ctx = Context(actor=SYSTEM, channel="cli", service_point=place, occurred_at=clock.now())
    early: list[float] = []

    def watch(done: int, total: int, records: int) -> None:
        if not early and done * 10 >= total:
            early.append(_memory())

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.iso"
        with path.open("wb") as file:
            file.writelines(records(items))
        size = path.stat().st_size
        started, used = time.perf_counter(), _cpu()
        with following():
            number = import_marc.run(
                path, import_marc.Options(place=place), ctx=ctx, progress=watch
            )
            committed = time.perf_counter() - started
        searchable, spent = time.perf_counter() - started, _cpu() - used
    done = catalog.batch(number)
    if done is None or (done.titles, done.items) != (items, items):
        raise RuntimeError(f"the import made {done and done.items} items of {items}")
    peak = _memory()
    indexed = index().size
    if indexed != items:
        raise RuntimeError(f"{indexed} of {items} titles were indexed")
    return [
        ("import: records committed", round(items / committed), "records/s"),
        ("import: processor time a record", round(spent / items * 1e6), "µs"),
        ("import: until searchable", round(items / searchable), "records/s"),
        ("import: memory after a tenth", round(early[0] if early else peak), "MB"),
        ("import: memory at the end", round(peak), "MB"),
        ("import: size of the file", round(size / 1e6), "MB"),
    ]
