"""Other libraries' catalogues gathered (row Y2): pages, deletions, tokens that expire, a link that drops,
and what they have found from here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client

from shuxiang.apps.catalog import commands as catalog
from shuxiang.apps.exchange import commands, models, queries
from shuxiang.apps.exchange.commands import gathering
from shuxiang.formats.marc import encode, from_record
from shuxiang.kernel import clock
from shuxiang.kernel.context import SYSTEM, Context
from shuxiang.kernel.decision import Refused
from shuxiang.runtime.strangers import Answer, Fault, Question
from tests.formats.oai.test_reading import DC, HEAD, listed, record
from tests.support.stocked import Stocked
from tests.support.targets import cnmarc

pytestmark = pytest.mark.db
IDENTIFY = (
    f"{HEAD}<Identify><granularity>YYYY-MM-DDThh:mm:ssZ</granularity>"
    "<deletedRecord>{deleted}</deletedRecord></Identify></OAI-PMH>"
)


def gather(source: str) -> queries.HarvestView | None:
    """As the worker does."""
    return gathering.gather(source, _worker)


def _worker() -> Context:
    return Context(actor=SYSTEM, channel="worker", service_point="", occurred_at=clock.now())


class Repository:
    """A repository whose answers are set; ``asked`` are the requests it got."""

    def __init__(self, deleted: str = "persistent") -> None:
        self.identify: bytes = IDENTIFY.format(deleted=deleted).encode()
        self.pages: dict[str, bytes | Fault] = {}
        self.asked: list[dict[str, str]] = []
        self.later = ""

    def ask(self, question: Question) -> Answer:
        given = dict(parse_qsl(urlsplit(question.address).query))
        self.asked.append(given)
        if given["verb"] == "Identify":
            return Answer(body=self.identify)
        page = self.pages[given.get("resumptionToken", "")]
        if isinstance(page, Fault):
            return Answer(fault=page, headers=(("retry-after", self.later),))
        return Answer(body=page)


@pytest.fixture
def theirs(monkeypatch: pytest.MonkeyPatch) -> Repository:
    made = Repository()
    monkeypatch.setattr(gathering.strangers, "ask", made.ask)
    return made


def book(number: int, title: str = "") -> str:
    return record(f"oai:city:{number}", DC.replace("红楼梦", title or f"红楼梦{number}"))


def gone(number: int) -> str:
    return record(f"oai:city:{number}", status="deleted")


@pytest.fixture
def source(stocked: Stocked, ctx: Callable[..., Context]) -> str:
    return commands.add_harvest(name="市图书馆", address="http://city/oai", ctx=ctx("director"))


def titles() -> list[str]:
    rows = models.ForeignTitle.objects.order_by("title_key")
    return list(rows.values_list("title", flat=True))


def test_y2_pages_then_only_what_changed(theirs: Repository, source: str) -> None:
    theirs.pages = {"": listed(book(1), book(2), token="a"), "a": listed(book(3))}
    now = gather(source)
    assert now is not None
    assert (now.gathered, now.run, now.token, now.error) == (3, 0, "", "")
    assert titles() == ["红楼梦1", "红楼梦2", "红楼梦3"]
    assert [a.get("from") for a in theirs.asked] == [None, None, None]
    theirs.asked.clear()
    theirs.pages = {"": listed(gone(1), book(2, "红楼梦二"), book(3), book(3))}
    gather(source)
    assert theirs.asked[1]["from"] == "2021-03-01T00:00:00Z"
    assert sorted(titles()) == ["红楼梦3", "红楼梦二"]


def test_y2_a_run_cut_off_goes_on_where_it_stopped(theirs: Repository, source: str) -> None:
    theirs.pages = {"": listed(book(1), token="a"), "a": Fault("silent"), "b": listed(book(3))}
    now = gather(source)
    assert now is not None
    assert (now.token, now.error, now.failures) == ("a", "silent", 1)
    assert now.next_at - clock.now() < timedelta(minutes=2)
    theirs.asked.clear()
    theirs.pages["a"] = listed(book(2), token="b")
    now = gather(source)
    assert [a.get("resumptionToken") for a in theirs.asked] == ["a", "b"]
    assert now is not None
    assert (now.run, now.failures, len(titles())) == (0, 0, 3)


def test_y2_an_expired_token_begins_the_listing_anew(theirs: Repository, source: str) -> None:
    expired = f'{HEAD}<error code="badResumptionToken"/></OAI-PMH>'.encode()
    theirs.pages = {"": listed(book(1), token="a"), "a": expired}
    now = gather(source)
    assert now is not None
    assert (now.token, now.error) == ("", "badResumptionToken")
    theirs.pages["a"] = listed(book(2))
    gather(source)
    assert titles() == ["红楼梦1", "红楼梦2"]


def test_y2_a_repository_that_asks_to_wait(theirs: Repository, source: str) -> None:
    theirs.pages, theirs.later = {"": Fault("http", 503)}, "7200"
    now = gather(source)
    assert now is not None
    assert now.error == "http 503"
    assert now.next_at - clock.now() > timedelta(minutes=119)
    assert queries.harvests_due(clock.now()) == ()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "The XML declares a DTD"),
        (b"<html>", "The XML is damaged"),
        (f'{HEAD}<error code="cannotDisseminateFormat"/></OAI-PMH>'.encode(), "cannotDisseminate"),
        (listed(book(1), token="a"), "the same resumption token twice"),
    ],
)
def test_y2_bad_answers_change_nothing_but_the_fault(
    theirs: Repository, source: str, answer: bytes, error: str
) -> None:
    theirs.pages = {"": answer, "a": answer}
    now = gather(source)
    assert now is not None
    assert now.error.startswith(error)
    assert now.finished_at is None
    assert len(titles()) == (1 if "twice" in error else 0)


def test_y2_without_deletions_what_is_not_met_again_goes(theirs: Repository, source: str) -> None:
    theirs.identify = IDENTIFY.format(deleted="no").encode()
    theirs.pages = {"": listed(book(1), book(2))}
    gather(source)
    theirs.pages = {"": listed(book(2), token="a"), "a": Fault("closed")}
    gather(source)
    assert titles() == ["红楼梦1", "红楼梦2"]
    theirs.pages["a"] = listed(book(3))
    gather(source)
    assert titles() == ["红楼梦2", "红楼梦3"]
    assert all("from" not in a for a in theirs.asked)


def test_y2_nothing_new_is_no_fault(theirs: Repository, source: str) -> None:
    theirs.pages = {"": f'{HEAD}<error code="noRecordsMatch"/></OAI-PMH>'.encode()}
    now = gather(source)
    assert now is not None
    assert (now.error, now.finished_at is not None) == ("", True)


def test_y2_found_elsewhere_with_the_library_that_has_it(
    theirs: Repository, source: str, stocked: Stocked, ctx: Callable[..., Context]
) -> None:
    city = commands.add_partner(code="city", name="市馆", ctx=ctx("director"))
    commands.change_harvest(
        harvest=source,
        name="市图书馆",
        address="http://city/oai",
        partner=city,
        ctx=ctx("director"),
    )
    theirs.pages = {
        "": listed(book(1, "红楼梦"), record("x", DC.replace("红楼梦", "《石头记》考")))
    }
    gather(source)
    (first,) = queries.elsewhere("红楼")
    assert (first.title, first.library, first.partner, first.year) == ("红楼梦", "市馆", city, 1996)
    assert [v.title for v in queries.elsewhere("头记")] == ["《石头记》考"]
    assert len(queries.elsewhere("曹雪芹")) == 2
    assert len(queries.elsewhere("7-02-000220-X")) == 2
    assert queries.elsewhere("%") == queries.elsewhere("三体") == ()
    commands.change_harvest(
        harvest=source,
        name="市图书馆",
        address="http://city/oai",
        active=False,
        ctx=ctx("director"),
    )
    assert queries.elsewhere("红楼") == ()
    assert queries.harvests_due(clock.now() + timedelta(days=9)) == ()


def test_y2_our_own_repository_is_gathered_with_its_deletions(
    source: str, stocked: Stocked, ctx: Callable[..., Context], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(question: Question) -> Answer:
        parts = urlsplit(question.address)
        return Answer(body=Client().get(f"/oai?{parts.query}").content)

    monkeypatch.setattr(gathering.strangers, "ask", ask)
    commands.change_harvest(
        harvest=source, name="本馆", address="http://own/oai", prefix="marcxchange",
        ctx=ctx("director"),
    )  # fmt: skip
    book_ = cnmarc("SX1", "9787020142101", "平凡的世界", "路遥")
    title = catalog.add_title(
        bibliographic=from_record(book_), data=encode(book_), ctx=ctx("cataloguer")
    )
    now = gather(source)
    assert now is not None
    assert (now.error, now.keeps_deleted, now.by_day) == ("", True, False)
    assert "平凡的世界" in titles()
    assert len(titles()) == now.gathered
    catalog.remove_title(title=title, ctx=ctx("cataloguer"))
    now = gather(source)
    assert now is not None
    assert now.error == ""
    assert "平凡的世界" not in titles()


def test_y2_sources_that_can_not_be(
    stocked: Stocked, source: str, ctx: Callable[..., Context], unchanged: Any
) -> None:
    for given, codes in (
        ({"name": "市图书馆", "address": "http://x/oai"}, ("harvest-exists",)),
        ({"name": " ", "address": "file:///etc/passwd", "every_hours": 0},
         ("name-missing", "harvest-address", "harvest-every")),
        ({"name": "x", "address": "http://x/oai", "prefix": "a b"}, ("harvest-address",)),
        ({"name": "x", "address": "http://x/oai", "partner": "0" * 32}, ("partner-unknown",)),
    ):  # fmt: skip
        with unchanged(), pytest.raises(Refused) as refused:
            commands.add_harvest(**given, ctx=ctx("director"))  # type: ignore[arg-type]
        assert refused.value.decision.codes == codes
    with unchanged(), pytest.raises(Refused) as refused:
        commands.harvest_failed(harvest=source, error="x", ctx=ctx("director"))
    assert refused.value.decision.codes == ("not-permitted",)


def test_y2_gathered_anew_keeps_until_the_end(theirs: Repository, source: str,
                                              ctx: Callable[..., Context]) -> None:  # fmt: skip
    theirs.pages = {"": listed(book(1), book(2))}
    gather(source)
    commands.change_harvest(
        harvest=source, name="市图书馆", address="http://other/oai", ctx=ctx("director")
    )
    theirs.pages = {"": listed(book(9))}
    gather(source)
    assert titles() == ["红楼梦9"]
    now: datetime | None = models.HarvestSource.objects.get(id=source).changed_since
    assert now is not None
