"""办证 on a database (rows C1, C3; S6, I17)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection

from shuxiang.apps.patrons import commands, models, queries
from shuxiang.apps.patrons.commands import GuardianGiven, IdentityDocument, Registered
from shuxiang.apps.places import commands as places
from shuxiang.formats.identifiers import parse_id_number
from shuxiang.kernel.context import SYSTEM, Override
from shuxiang.kernel.decision import Refused, ask, stop
from shuxiang.runtime import sql
from tests.apps.patrons.people import BOY, CHILD, LI, MOTHER, READER, WANG, adult, child, id_number
from tests.support.library import Contexts, Library, moment
from tests.support.states import tables

EVENTS = (
    "SELECT type, place, channel, actor, subject, quantity, reader_category, age_band, source, data "
    "FROM ledger_event WHERE type LIKE 'card.%' OR type LIKE 'patron.%' ORDER BY id"
)


def test_c1_a_reader_and_a_first_card(readers: Library, ctx: Contexts) -> None:
    made = adult(ctx("desk"), phone="13900139000")
    assert made == Registered(
        patron=made.patron,
        card=made.card,
        number="00000001",
        library=readers.main,
        expires_on=date(2025, 6, 10),
        category="adult",
    )
    facts = queries.patron_facts(made.patron)
    assert facts == queries.PatronFacts(
        id=made.patron,
        library=readers.main,
        home=readers.main,
        category="adult",
        category_name="成人",
        name="李四",
        born_on=date(1990, 1, 1),
        sex="M",
        suspended_until=None,
        suspended_why="",
        consent_withdrawn=False,
        closed=False,
    )
    assert queries.find_card("00000001") == queries.CardFacts(
        id=made.card,
        library=readers.main,
        number="00000001",
        patron=made.patron,
        status="active",
        first=True,
        expires_on=date(2025, 6, 10),
        issued_on=date(2020, 6, 10),
        issued_place=readers.main,
    )
    desk = readers.staff["desk"]
    assert sql.all(EVENTS) == [
        ("patron.registered", readers.main, "desk", desk, None, 1, "adult", "18-59", "", ""),
        ("card.issued", readers.main, "desk", desk, made.card, 1, "adult", "18-59", "first", ""),
    ]
    assert sql.all("SELECT DISTINCT patron FROM ledger_reader") == [(made.patron,)]


def test_the_answer_of_a_repeated_request_is_the_first_one(readers: Library, ctx: Contexts) -> None:
    first = adult(ctx("desk", key="k1"))
    assert adult(ctx("desk", key="k1")) == first
    assert models.Card.objects.count() == 1


def test_at_a_branch_the_card_is_the_main_librarys(readers: Library, ctx: Contexts) -> None:
    made = adult(ctx("branch", place=readers.east))
    assert made.library == readers.main
    assert queries.patron_facts(made.patron).home == readers.east
    assert queries.find_card(made.number).issued_place == readers.east  # type: ignore[union-attr]


def test_a_permission_is_needed(readers: Library, ctx: Contexts, unchanged: Any) -> None:
    with unchanged(), pytest.raises(Refused, match="not-permitted"):
        adult(ctx("cataloguer"))


@pytest.mark.parametrize(
    ("values", "reasons"),
    [
        ({"number": "441602199001010017"}, ("birth-missing", "document-invalid")),
        ({"category": "none"}, ("category-unknown",)),
        ({"card_number": LI}, ("card-number-is-id",)),
        ({"home": "0" * 32}, ("place-unknown",)),
        ({"note": "x" * 201}, ("text-too-long",)),
        ({"name": "", "consents": ()}, ("name-missing", "consent-missing")),
    ],
)
def test_a_refusal_says_everything_and_changes_nothing(
    readers: Library, ctx: Contexts, unchanged: Any, values: dict[str, Any], reasons: Any
) -> None:
    with unchanged(), pytest.raises(Refused) as refused:
        adult(ctx("desk"), **values)
    assert refused.value.decision.codes == reasons


@pytest.mark.parametrize("kind", ["idcard", "hukou"])
def test_c1_one_holder_per_document(
    readers: Library, ctx: Contexts, unchanged: Any, kind: str
) -> None:
    adult(ctx("desk"), card_number="00004711")
    with unchanged(), pytest.raises(Refused) as refused:
        commands.register(
            name="李肆",
            category="adult",
            document=IdentityDocument(kind, LI.lower()),
            consents=READER,
            ctx=ctx("branch", place=readers.east),
        )
    assert refused.value.decision.reasons == (stop("document-held", card="0*****11"),)


def test_one_holder_per_document_in_parallel(
    readers: Library, ctx: Contexts, together: Callable[..., list[Any]]
) -> None:
    outcomes = together(8, lambda n: adult(ctx("desk"), name=f"李{n}"))
    made = [o for o in outcomes if isinstance(o, Registered)]
    refused = [o for o in outcomes if isinstance(o, Refused)]
    assert (len(made), len(refused)) == (1, 7)
    assert {r.decision.codes for r in refused} == {("document-held",)}
    assert models.Patron.objects.count() == models.Card.objects.count() == 1


def test_i17_numbers_of_the_series_are_unique_under_threads(
    readers: Library, ctx: Contexts, together: Callable[..., list[Any]]
) -> None:
    born = date(1980, 5, 5)
    outcomes = together(12, lambda n: adult(ctx("desk"), number=id_number(born, n + 1)))
    assert sorted(o.number for o in outcomes) == [f"{n:08d}" for n in range(1, 13)]


def test_the_series_skips_numbers_taken_by_printed_cards(readers: Library, ctx: Contexts) -> None:
    born = date(1980, 5, 5)
    printed = [
        adult(ctx("desk"), number=id_number(born, n), card_number=f"0000000{n}") for n in (1, 2)
    ]
    assert [p.number for p in printed] == ["00000001", "00000002"]
    assert adult(ctx("desk"), number=id_number(born, 3)).number == "00000003"


def test_the_series_has_the_librarys_prefix_and_digits(readers: Library, ctx: Contexts) -> None:
    places.set_setting(place=readers.main, key="cards.number_prefix", value="YC", ctx=ctx())
    places.set_setting(place=readers.main, key="cards.number_digits", value=1, ctx=ctx())
    born = date(1980, 5, 5)
    numbers = [adult(ctx("desk"), number=id_number(born, n)).number for n in range(1, 10)]
    assert numbers == [f"YC{n}" for n in range(1, 10)]
    with pytest.raises(Refused) as refused:
        adult(ctx("desk"), number=id_number(born, 10))
    assert refused.value.decision.reasons == (stop("card-series-full", prefix="YC", digits=1),)


def test_a_card_number_taken_and_then_scanned_in_full_width(
    readers: Library, ctx: Contexts, unchanged: Any
) -> None:
    adult(ctx("desk"), card_number="yc-0001")
    assert queries.find_card(" ＹＣ-0001\r") is not None
    with unchanged(), pytest.raises(Refused) as refused:
        adult(ctx("desk"), number=WANG, card_number="YC-0001")
    assert refused.value.decision.reasons == (stop("card-number-taken", number="YC-0001"),)


def test_the_same_number_of_two_libraries_is_asked_about(readers: Library, ctx: Contexts) -> None:
    own = places.add_place(
        kind="branch",
        code="own",
        name="河东分馆",
        parent=readers.main,
        own_barcodes=True,
        ctx=ctx(),
    )
    one = adult(ctx(SYSTEM), card_number="0001")
    two = adult(ctx(SYSTEM, place=own), number=WANG, card_number="0001")
    assert {c.patron for c in queries.cards_by_number("0001")} == {one.patron, two.patron}
    assert {c.patron for c in queries.card_for_loan("0001")} == {one.patron, two.patron}
    with pytest.raises(queries.AmbiguousCard):
        queries.find_card("0001")
    found = queries.find_card("0001", own)
    assert found is not None
    assert found.patron == two.patron


def test_c3_a_child_with_guardian_and_consents(readers: Library, ctx: Contexts) -> None:
    made = child(ctx("desk"))
    profile = queries.masked(made.patron)
    assert [(c.purpose, c.version, c.given_by) for c in profile.consents] == [
        ("reader-data", "2020-1", "guardian"),
        ("child-data", "2020-1", "guardian"),
    ]
    (guardian,) = profile.guardians
    assert (guardian.name, guardian.relation, guardian.phone) == ("王芳", "母亲", "138****8000")
    assert guardian.document_number == WANG[0] + "*" * 14 + WANG[-3:]
    assert profile.documents == ()
    # The guardian's own number never counts as the child's.
    assert queries.by_document("idcard", WANG) is None
    mother = adult(ctx("desk"), number=WANG, name="王芳")
    assert queries.by_document("idcard", WANG) == mother.patron


def test_c3_one_guardian_of_many_children(readers: Library, ctx: Contexts) -> None:
    first = child(ctx("desk"))
    second = child(ctx("desk"), name="王大宝", born_on=date(2012, 2, 2))
    found = queries.find_patrons("13800138000")
    assert [(r.id, r.through) for r in found] == [
        (second.patron, "guardian"),
        (first.patron, "guardian"),
    ]


@pytest.mark.parametrize(
    ("values", "reasons"),
    [
        ({"guardian": None}, (stop("guardian-missing"),)),
        ({"consents": READER}, (stop("consent-missing", purpose="child-data"),)),
        (
            {"document": IdentityDocument("idcard", WANG), "born_on": None},
            (
                stop("age-above-category", age=35, limit=15, category="少儿"),
                stop("document-is-guardians"),
            ),
        ),
        (
            {"guardian": GuardianGiven(name="王芳", relation="母亲", phone="")},
            (stop("guardian-phone-missing"), stop("guardian-document-missing")),
        ),
    ],
)
def test_c3_a_child_without_what_the_law_asks(
    readers: Library, ctx: Contexts, unchanged: Any, values: dict[str, Any], reasons: Any
) -> None:
    with unchanged(), pytest.raises(Refused) as refused:
        child(ctx("desk"), **values)
    assert refused.value.decision.reasons == reasons


def test_the_same_name_and_birth_without_a_document_is_asked_about(
    readers: Library, ctx: Contexts, unchanged: Any
) -> None:
    child(ctx("desk"))
    with unchanged(), pytest.raises(Refused) as refused:
        child(ctx("desk"))
    assert refused.value.decision.reasons == (ask("maybe-registered", card="0*****01"),)
    answer = (Override("maybe-registered", "同名同日，另一位小读者"),)
    twin = child(ctx("desk", overrides=answer))
    assert (twin.number, twin.lifted) == ("00000002", ("maybe-registered",))
    assert json.loads(sql.all(EVENTS)[2][9]) == {
        "overrides": {"maybe-registered": "同名同日，另一位小读者"}
    }


def test_an_age_is_overridden_with_the_permission_only(
    readers: Library, ctx: Contexts, unchanged: Any
) -> None:
    lifted = (Override("age-above-category", "生日刚过"),)
    born = date(2004, 6, 9)
    with unchanged(), pytest.raises(Refused, match="age-above-category"):
        child(ctx("branch", place=readers.east, overrides=lifted), born_on=born, consents=READER)
    with unchanged(), pytest.raises(Refused, match="age-above-category"):
        child(
            ctx("desk", overrides=(Override("age-above-category", " "),)),
            born_on=born,
            consents=READER,
        )
    made = child(ctx("desk", overrides=lifted), born_on=born, consents=READER)
    assert made.lifted == ("age-above-category",)


def test_a_group_has_a_responsible_person_and_no_birth(readers: Library, ctx: Contexts) -> None:
    made = commands.register(
        name="源城一小",
        category="group",
        guardian=GuardianGiven(name="赵老师", relation="responsible", phone="0762-3388123"),
        consents=READER,
        ctx=ctx("desk"),
    )
    assert queries.patron_facts(made.patron).born_on is None
    assert queries.masked(made.patron).guardians[0].name == "赵老师"


def test_a_temporary_card_ends_after_two_months(readers: Library, ctx: Contexts) -> None:
    made = adult(ctx("desk", at=moment("2019-12-31")), category="temporary")
    assert made.expires_on == date(2020, 2, 29)


def test_s6_no_number_in_the_whole_database(readers: Library, ctx: Contexts) -> None:
    made = adult(ctx("desk"), phone="13900139000")
    young = child(ctx("desk"), document=IdentityDocument("hukou", BOY))
    with pytest.raises(Refused):
        adult(ctx("desk"))
    with pytest.raises(Refused):
        adult(ctx("desk"), number=WANG, card_number=WANG)
    with pytest.raises(Refused):
        adult(ctx("desk"), number=LI[:-1] + "7")
    shown = commands.unmask(patron=made.patron, field="document", why="核对身份", ctx=ctx("desk"))
    assert shown == LI
    assert commands.unmask(
        patron=young.patron, field="guardian-phone", why="联系", ctx=ctx("desk")
    ) == ("13800138000")
    rows, dump = _dump()
    assert made.number.encode() in dump
    # A run of exactly 18 that is no part of an id: ids are hex, so some hold 17 digits by chance.
    eighteen = re.findall(r"(?<![0-9a-f])\d{17}[\dX](?![0-9a-fX])", rows)
    assert [n for n in eighteen if parse_id_number(n).valid] == []
    for secret in (LI, WANG, BOY, LI[:-1] + "7", "13900139000", "13800138000"):
        assert secret.encode() not in dump


def _dump() -> tuple[str, bytes]:
    """Every row of every table; the same as bytes, with the raw file and its log on SQLite."""
    rows = []
    with connection.cursor() as cursor:
        for table in tables():
            cursor.execute(f"SELECT * FROM {table}")
            rows += [repr(r) for r in cursor.fetchall()]
        raw = b""
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            with open(connection.settings_dict["NAME"], "rb") as file:
                raw = file.read()
    text = "\n".join(rows)
    return text, raw + text.encode()


def test_unmasking_is_logged(readers: Library, ctx: Contexts, unchanged: Any) -> None:
    made = adult(ctx("desk"), phone="13900139000")
    with unchanged(), pytest.raises(Refused, match="not-permitted"):
        commands.unmask(patron=made.patron, field="phone", why="x", ctx=ctx("branch"))
    with unchanged(), pytest.raises(Refused, match="why-missing"):
        commands.unmask(patron=made.patron, field="phone", why=" ", ctx=ctx("desk"))
    with unchanged(), pytest.raises(Refused, match="field-empty"):
        commands.unmask(patron=made.patron, field="guardian-phone", why="x", ctx=ctx("desk"))
    assert (
        commands.unmask(patron=made.patron, field="phone", why="催还", ctx=ctx("desk", key="u"))
        == "13900139000"
    )
    assert (
        commands.unmask(patron=made.patron, field="phone", why="催还", ctx=ctx("desk", key="u"))
        == "13900139000"
    )
    day = date(2020, 6, 10)
    assert queries.unmaskings(day, day) == (
        queries.UnmaskingFacts(
            made.patron, readers.staff["desk"], moment("2020-06-10"), "phone", "催还"
        ),
    )


def test_categories_are_seeded_once_and_changed(readers: Library, ctx: Contexts) -> None:
    assert commands.seed_categories(ctx=ctx()) == 0
    assert [c.code for c in queries.categories()] == [
        "adult", "child", "senior", "disabled", "group", "staff", "temporary", "family",
    ]  # fmt: skip
    commands.set_category(code="child", name="少儿", most_age=13, needs_guardian=True, ctx=ctx())
    with pytest.raises(Refused, match="age-above-category"):
        child(ctx("desk"), born_on=date(2006, 6, 10), consents=CHILD)
    with pytest.raises(Refused) as refused:
        commands.set_category(code="x", name="", least_age=9, most_age=8, valid_months=0, ctx=ctx())
    assert refused.value.decision.codes == ("name-missing", "ages-reversed", "valid-months-missing")


def test_finding_readers(readers: Library, ctx: Contexts) -> None:
    made = adult(ctx("desk"), phone="13900139000")
    young = child(ctx("desk"), document=IdentityDocument("hukou", BOY), guardian=MOTHER)
    row = queries.PatronRow(
        id=made.patron,
        name="李四",
        masked_name="李*",
        born_on=date(1990, 1, 1),
        category="adult",
        category_name="成人",
        card="00000001",
        card_status="active",
        phone="139****9000",
        documents=(("idcard", LI[0] + "*" * 14 + LI[-3:]),),
        closed=False,
        through="card",
    )
    assert queries.find_patrons("00000001") == (row,)
    for text, id_, through in (
        (LI.lower(), made.patron, "document"),
        ("139 0013 9000", made.patron, "phone"),
        ("李", made.patron, "name"),
        ("李四 1990", made.patron, "name"),
        (BOY, young.patron, "document"),
        (WANG, young.patron, "guardian"),
        ("王小宝 2015", young.patron, "name"),
    ):
        assert [(r.id, r.through) for r in queries.find_patrons(text)] == [(id_, through)], text
    assert queries.find_patrons("李四 1991") == queries.find_patrons("") == ()
