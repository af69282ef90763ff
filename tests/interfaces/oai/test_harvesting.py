"""G4, Y2: the catalogue harvested by OAI-PMH: every title once, over several parts, while it changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from lxml import etree

from shuxiang.apps.catalog import commands as catalog
from shuxiang.apps.stock.commands import categories
from shuxiang.apps.stock.commands import import_marc as importing
from shuxiang.apps.stock.commands.items import add_item
from shuxiang.formats.marc import Bibliographic, from_record
from shuxiang.formats.marc.marcxml import read_marcxml
from shuxiang.interfaces.oai import views
from shuxiang.kernel import clock
from shuxiang.project import upkeep
from shuxiang.project.subscriptions import SUBSCRIPTIONS
from shuxiang.runtime import worker
from shuxiang.runtime.worker import Batch
from tests.apps.stock.marc_files import holding, iso2709, record
from tests.support.library import Contexts, Library, moment

pytestmark = pytest.mark.db
NS = {"o": "http://www.openarchives.org/OAI/2.0/"}
NOW = moment("2020-06-10", "15:30")


class Harvester:
    """Asks as a harvester does, and checks that every answer is XML of the protocol."""

    def __init__(self) -> None:
        self.http = Client()
        self.now = NOW

    def ask(self, **arguments: str) -> Any:
        answer = self.http.get("/oai", arguments)
        assert answer.status_code == 200
        assert answer["Content-Type"] == "text/xml; charset=utf-8"
        return etree.fromstring(answer.content)

    def error(self, **arguments: str) -> str:
        found = self.ask(**arguments).find("o:error", NS)
        assert found is not None
        return str(found.get("code"))

    def all(
        self, between: Callable[[int], None] = lambda part: None, **arguments: str
    ) -> list[Any]:
        """The headers of a whole list; ``between`` is called after each part."""
        found, part = [], 0
        asked = {"metadataPrefix": "oai_dc"} | arguments
        while True:
            tree = self.ask(verb="ListRecords", **asked)
            headers = tree.findall(".//o:header", NS)
            assert headers, etree.tostring(tree)
            found += headers
            token = tree.findtext(".//o:resumptionToken", "", NS)
            if not token:
                return found
            part += 1
            between(part)
            asked = {"resumptionToken": token}


def ids(headers: list[Any]) -> list[str]:
    return [h.findtext("o:identifier", "", NS).rpartition(":")[2] for h in headers]


@pytest.fixture
def harvester(monkeypatch: pytest.MonkeyPatch) -> Harvester:
    made = Harvester()
    monkeypatch.setattr(clock, "now", lambda: made.now)
    monkeypatch.setattr(views, "A_PART", 3)
    return made


@pytest.fixture
def batch(library: Library, ctx: Contexts, harvester: Harvester, tmp_path: Path) -> str:
    """Ten titles: seven at the main library, three at the east branch; returns the first import."""
    categories.seed_categories(ctx=ctx(at=NOW))
    numbers = []
    for place, first, count in ((library.main, 0, 7), (library.east, 7, 3)):
        path = tmp_path / f"{first}.iso"
        path.write_bytes(
            iso2709(
                record(n, holding(f"B{n:07d}"), clc="K825" if n % 2 else "I242.4")
                for n in range(first, first + count)
            )
        )
        numbers.append(importing.run(path, importing.Options(place=place), ctx=ctx(at=NOW)))
    return numbers[0]


def test_identify_formats_and_sets(harvester: Harvester, batch: str) -> None:
    told = harvester.ask(verb="Identify").find("o:Identify", NS)
    assert told.findtext("o:deletedRecord", "", NS) == "persistent"
    assert told.findtext("o:earliestDatestamp", "", NS) == "2020-06-10T07:30:00Z"
    prefixes = harvester.ask(verb="ListMetadataFormats").findall(".//o:metadataPrefix", NS)
    assert [p.text for p in prefixes] == ["oai_dc", "marcxml", "marcxchange"]
    specs = {s.text for s in harvester.ask(verb="ListSets").findall(".//o:setSpec", NS)}
    assert {"class:I", "class:Z", "branch:main", "branch:east"} <= specs


def test_every_title_once_over_several_parts(harvester: Harvester, batch: str) -> None:
    headers = harvester.all()
    assert len(headers) == len(set(ids(headers))) == 10
    assert {h.findtext("o:datestamp", "", NS) for h in headers} == {"2020-06-10T07:30:00Z"}
    assert len(harvester.all(set="branch:east")) == 3
    assert len(harvester.all(set="branch:main")) == 10
    assert len(harvester.all(set="class:K")) == 5


def test_exactly_once_while_titles_are_added_changed_and_removed(
    harvester: Harvester, batch: str, ctx: Contexts
) -> None:
    before = ids(harvester.all())
    added: list[str] = []

    def meanwhile(part: int) -> None:
        harvester.now += timedelta(minutes=1)
        if part == 1:
            # One already given out, one still to come.
            for title in (before[0], before[8]):
                catalog.mark_age(title=title, least_age=12, ctx=ctx(at=NOW))
            bare = Bibliographic(format="cnmarc", title="新书", clc=("I2",))
            added.append(catalog.add_title(bibliographic=bare, ctx=ctx(at=NOW)))
        if part == 2:
            catalog.remove_title(title=added[0], ctx=ctx(at=NOW))

    headers = harvester.all(meanwhile)
    assert ids(headers) == [*before, *added]
    assert [h.get("status") for h in headers] == [None] * 10 + ["deleted"]
    since = harvester.all(**{"from": "2020-06-10T07:31:00Z"})
    assert sorted(ids(since)) == sorted([before[0], before[8], added[0]])


def test_y2_a_branch_s_set_tells_what_came_to_it_and_what_left(
    harvester: Harvester, batch: str, library: Library, ctx: Contexts
) -> None:
    worker.catch_up(SUBSCRIPTIONS)
    first, second = ids(harvester.all(set="branch:main"))[:2]
    assert len(harvester.all(set="branch:east")) == 3
    harvester.now += timedelta(hours=1)
    since = {"set": "branch:east", "from": "2020-06-10T08:00:00Z"}
    assert harvester.error(verb="ListRecords", metadataPrefix="oai_dc", **since) == "noRecordsMatch"
    add_item(title=first, barcode="E1", owner=library.east, category="book", ctx=ctx(at=NOW))
    worker.catch_up(SUBSCRIPTIONS)
    (header,) = harvester.all(**since)
    assert ids([header]) == [first] != [second]
    assert "branch:east" in {s.text for s in header.findall("o:setSpec", NS)}
    # Told once: the same events again, as after a crash, date nothing anew.
    harvester.now += timedelta(hours=1)
    upkeep.date_placed(Batch(1, 10_000, 10_000))
    assert len(harvester.all(**{"from": "2020-06-10T08:00:00Z"})) == 1
    assert (
        harvester.error(
            verb="ListRecords", metadataPrefix="oai_dc", **{"from": "2020-06-10T09:00:00Z"}
        )
        == "noRecordsMatch"
    )


def test_an_import_undone_is_told_as_deleted(
    harvester: Harvester, batch: str, ctx: Contexts
) -> None:
    before = ids(harvester.all())
    harvester.now += timedelta(hours=1)
    importing.undo_import(number=batch, ctx=ctx(at=NOW))
    headers = harvester.all()
    assert ids(headers) == before
    assert [h.get("status") for h in headers] == ["deleted"] * 7 + [None] * 3
    assert len(harvester.all(**{"from": "2020-06-10T08:30:00Z"})) == 7
    gone = harvester.ask(
        verb="GetRecord", metadataPrefix="marcxml", identifier=f"oai:shuxiang.library:{before[0]}"
    )
    assert gone.find(".//o:header", NS).get("status") == "deleted"
    assert gone.find(".//o:metadata", NS) is None


@pytest.mark.parametrize("prefix", ["oai_dc", "marcxml", "marcxchange"])
def test_a_record_says_the_same_in_every_form(
    harvester: Harvester, batch: str, prefix: str
) -> None:
    tree = harvester.ask(verb="ListRecords", metadataPrefix=prefix)
    metadata = tree.find(".//o:metadata", NS)[0]
    xml = etree.tostring(metadata, encoding="unicode")
    if prefix == "oai_dc":
        assert "<dc:title>红楼梦" in xml
        return
    read = list(read_marcxml(_Bytes(xml.encode())))
    described = from_record(read[0].record)  # type: ignore[union-attr]
    assert (described.title, described.clc) == ("红楼梦0", ("I242.4",))
    assert described.format == ("marc21" if prefix == "marcxml" else "cnmarc")


class _Bytes:
    def __init__(self, data: bytes) -> None:
        self.data = data

    def read(self, size: int = -1, /) -> bytes:
        data, self.data = self.data, b""
        return data


FAULTS: list[tuple[dict[str, str], str]] = [
    ({}, "badVerb"),
    ({"verb": "Nonsense"}, "badVerb"),
    ({"verb": "ListRecords"}, "badArgument"),
    ({"verb": "ListRecords", "metadataPrefix": "mods"}, "cannotDisseminateFormat"),
    ({"verb": "ListRecords", "metadataPrefix": "oai_dc", "set": "class:W"}, "noRecordsMatch"),
    ({"verb": "ListRecords", "metadataPrefix": "oai_dc", "set": "branch:x"}, "noRecordsMatch"),
    (
        {"verb": "ListRecords", "metadataPrefix": "oai_dc", "until": "2019-01-01"},
        "noRecordsMatch",
    ),
    ({"verb": "ListRecords", "resumptionToken": "forged"}, "badResumptionToken"),
    ({"verb": "ListSets", "resumptionToken": "x"}, "badResumptionToken"),
    (
        {"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": "oai:other:1"},
        "idDoesNotExist",
    ),
    (
        {"verb": "ListMetadataFormats", "identifier": "oai:shuxiang.library:" + "0" * 32},
        "idDoesNotExist",
    ),
]


def test_what_can_t_be_answered_has_its_code(harvester: Harvester, batch: str) -> None:
    assert [(asked, harvester.error(**asked)) for asked, _code in FAULTS] == FAULTS


def test_a_token_ends_after_a_day_and_is_for_its_verb(harvester: Harvester, batch: str) -> None:
    tree = harvester.ask(verb="ListRecords", metadataPrefix="oai_dc")
    token = tree.findtext(".//o:resumptionToken", "", NS)
    assert harvester.error(verb="ListIdentifiers", resumptionToken=token) == "badResumptionToken"
    assert harvester.error(verb="ListRecords", resumptionToken=token[:-2] + "xx")
    harvester.now += timedelta(hours=25)
    assert harvester.error(verb="ListRecords", resumptionToken=token) == "badResumptionToken"


def test_the_answer_is_dated_a_little_back(harvester: Harvester, batch: str) -> None:
    said = harvester.ask(verb="Identify").findtext("o:responseDate", "", NS)
    assert datetime.fromisoformat(said) == NOW - views.BEHIND
