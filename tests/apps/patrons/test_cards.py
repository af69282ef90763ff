"""挂失, 解挂, 补证, 续期, 退证 and changes of a reader on a database (I17)."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from shuxiang.apps.patrons import commands, models, queries
from shuxiang.apps.patrons.commands import ConsentGiven, GuardianGiven, IdentityDocument
from shuxiang.apps.places import commands as places
from shuxiang.kernel.context import Context, Override
from shuxiang.kernel.decision import Reason, Refused, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import guards, sql
from tests.apps.patrons.people import BOY, CHILD, LI, MOTHER, READER, WANG, adult, child, id_number
from tests.support.library import Contexts, Library, moment

TODAY = date(2020, 6, 10)
GRANDMOTHER = GuardianGiven(
    name="陈婆婆",
    relation="祖母",
    phone="13700137000",
    document=IdentityDocument("idcard", id_number(date(1950, 7, 7), 8)),
)


def events(first: int) -> list[tuple[str, str, Any]]:
    rows = sql.all("SELECT type, subject, source, data FROM ledger_event ORDER BY id")
    return [(t, s, json.loads(d) if d else None) for t, s, _, d in rows[first:]]


def opens(number: str) -> tuple[str, ...]:
    (reader,) = queries.card_for_loan(number)
    return reader.opens(TODAY).codes


def refused(call: Any, **values: Any) -> tuple[Reason, ...]:
    with pytest.raises(Refused) as caught:
        call(**values)
    return caught.value.decision.reasons


def test_lost_and_found(readers: Library, ctx: Contexts, unchanged: Any) -> None:
    made = adult(ctx("desk"))
    assert opens(made.number) == ()
    commands.report_lost(card=made.card, shown="card-number", ctx=ctx("branch", place=readers.east))
    assert opens(made.number) == ("card-lost",)
    with unchanged():
        assert refused(commands.report_lost, card=made.card, ctx=ctx("desk")) == (
            stop("card-already-lost"),
        )
    commands.cancel_lost(card=made.card, ctx=ctx("desk"))
    assert opens(made.number) == ()
    with unchanged():
        assert refused(commands.cancel_lost, card=made.card, ctx=ctx("desk")) == (
            stop("card-not-lost"),
        )
    assert events(2) == [
        ("card.lost", made.card, {"shown": "card-number"}),
        ("card.found", made.card, None),
    ]


def test_i17_a_replaced_card_never_opens_the_account(
    readers: Library, ctx: Contexts, unchanged: Any
) -> None:
    made = adult(ctx("desk"))
    commands.report_lost(card=made.card, ctx=ctx("desk"))
    later = ctx("desk", at=moment("2020-07-01"))
    new = commands.replace_card(card=made.card, ctx=later)
    assert new == commands.Replaced(made.patron, new.card, "00000002", made.card, made.expires_on)
    assert opens("00000001") == ("card-replaced",)
    assert opens("00000002") == ()
    (reader,) = queries.card_for_loan("00000002")
    assert reader.patron == made.patron
    assert queries.loan_reader(made.patron) == reader
    assert queries.loan_reader("0" * 32) is None
    assert queries.live_card(made.patron) == queries.CardFacts(
        new.card, readers.main, "00000002", made.patron, "active", False,
        date(2025, 6, 10), date(2020, 7, 1), readers.main, made.card,
    )  # fmt: skip
    with unchanged():
        for act in (commands.cancel_lost, commands.replace_card, commands.renew_card):
            found = refused(act, card=made.card, ctx=ctx("desk", at=moment("2020-07-01")))
            assert stop("card-replaced") in found
        assert refused(
            commands.replace_card, card=new.card, number="00000001", ctx=ctx("desk")
        ) == (stop("card-number-taken", number="00000001"),)
    assert events(3) == [("card.replaced", new.card, {"old": made.card, "was": "lost"})]


def test_i17_the_database_forbids_a_second_use_of_a_number(readers: Library, ctx: Contexts) -> None:
    made = adult(ctx("desk"))
    commands.close_account(patron=made.patron, ctx=ctx("desk"))
    row = models.Card.objects.get(id=made.card)
    row.id = new_id()
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


def test_a_worn_card_is_replaced_by_a_printed_one(readers: Library, ctx: Contexts) -> None:
    made = adult(ctx("desk"))
    new = commands.replace_card(card=made.card, number="yc0099", ctx=ctx("desk"))
    assert new.number == "YC0099"
    assert events(2) == [("card.replaced", new.card, {"old": made.card, "was": "active"})]


def test_two_desks_replace_the_same_card(readers: Library, ctx: Contexts, together: Any) -> None:
    made = adult(ctx("desk"))
    outcomes = together(4, lambda n: commands.replace_card(card=made.card, ctx=ctx("desk")))
    assert sum(isinstance(o, commands.Replaced) for o in outcomes) == 1
    assert models.Card.objects.filter(status="active").count() == 1


def test_renewing(readers: Library, ctx: Contexts, unchanged: Any) -> None:
    made = adult(ctx("desk"), category="temporary")
    renewed = commands.renew_card(card=made.card, ctx=ctx("desk"))
    assert renewed == commands.Renewed(
        made.patron, made.card, date(2020, 10, 10), date(2020, 8, 10)
    )
    with unchanged():
        assert [r.code for r in refused(commands.renew_card, card=made.card, ctx=ctx("desk"))] == [
            "card-renewal-early"
        ]
    answer = (Override("card-renewal-early", "读者将出国"),)
    again = commands.renew_card(card=made.card, ctx=ctx("desk", overrides=answer))
    assert (again.expires_on, again.lifted) == (date(2020, 12, 10), ("card-renewal-early",))
    assert events(2)[0] == (
        "card.renewed",
        made.card,
        {"before": "2020-08-10", "until": "2020-10-10"},
    )


def test_closing_and_coming_back(readers: Library, ctx: Contexts, unchanged: Any) -> None:
    made = child(ctx("desk"), document=IdentityDocument("hukou", BOY))
    with unchanged():
        assert refused(
            commands.close_account, patron=made.patron, ctx=ctx("branch", place=readers.east)
        ) == (stop("not-permitted", action="patrons.close"),)
    commands.close_account(patron=made.patron, ctx=ctx("desk"))
    assert opens(made.number) == ("card-closed",)
    assert queries.patron_facts(made.patron).closed
    assert queries.by_document("idcard", BOY) is None
    assert events(2) == [("card.closed", made.card, {"was": "active"})]
    with unchanged():
        for act, values in (
            (commands.close_account, {}),
            (commands.change_patron, {"phone": "13900139000"}),
            (commands.withdraw_consent, {"purpose": "child-data"}),
        ):
            assert refused(act, patron=made.patron, ctx=ctx("desk"), **values) == (
                stop("patron-closed"),
            )
    again = child(ctx("desk"), document=IdentityDocument("idcard", BOY))
    assert again.number == "00000002"
    assert queries.by_document("hukou", BOY) == again.patron


def test_closing_asks_the_guards(
    readers: Library, ctx: Contexts, unchanged: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = adult(ctx("desk"))
    asked = []

    def loans(*, ctx: Context, patron: str) -> tuple[Reason, ...]:
        asked.append(patron)
        return (stop("loans-open", count=2),)

    monkeypatch.setitem(guards._guards, "patrons.close_account", [loans])
    with unchanged():
        assert refused(commands.close_account, patron=made.patron, ctx=ctx("desk")) == (
            stop("loans-open", count=2),
        )
    assert asked == [made.patron]


def test_changing_a_reader(readers: Library, ctx: Contexts, unchanged: Any) -> None:
    made = adult(ctx("desk"), phone="13900139000")
    changed = commands.change_patron(
        patron=made.patron,
        name="李思",
        phone="+86 13900139000",
        category="disabled",
        home=readers.east,
        ctx=ctx("desk"),
    )
    assert changed == ("name", "category", "home")
    facts = queries.patron_facts(made.patron)
    assert (facts.name, facts.category, facts.home) == ("李思", "disabled", readers.east)
    assert events(2) == [("patron.changed", None, {"fields": ["name", "category", "home"]})]
    with unchanged():
        assert commands.change_patron(patron=made.patron, name="李思", ctx=ctx("desk")) == ()
        for values, codes in (
            ({"name": " "}, ["name-missing"]),
            ({"phone": "x"}, ["phone-invalid"]),
            ({"born_on": date(1991, 1, 1)}, ["birth-mismatch"]),
            (
                {"born_on": date(2021, 1, 1)},
                ["birth-in-future", "birth-mismatch", "guardian-missing"],
            ),
            ({"category": "child"}, ["age-above-category"]),
            ({"category": "senior"}, ["age-below-category"]),
            ({"category": "group"}, ["category-for-groups"]),
            ({"category": "x"}, ["category-unknown"]),
            ({"home": "0" * 32, "sex": "?"}, ["sex-invalid", "place-unknown"]),
        ):
            found = refused(commands.change_patron, patron=made.patron, ctx=ctx("desk"), **values)
            assert [r.code for r in found] == codes
        assert refused(commands.change_patron, patron="0" * 32, name="x", ctx=ctx("desk")) == (
            stop("patron-unknown"),
        )
    assert commands.change_patron(patron=made.patron, phone="", ctx=ctx("desk")) == ("phone",)
    assert queries.masked(made.patron).phone == ""


def test_another_librarys_reader_is_out_of_reach(
    readers: Library, ctx: Contexts, unchanged: Any
) -> None:
    """I18."""
    other = places.add_place(
        kind="main_library", code="other", name="邻区馆", parent=readers.network, ctx=ctx()
    )
    made = adult(ctx(place=other))
    with unchanged():
        assert refused(commands.change_patron, patron=made.patron, note="x", ctx=ctx("desk")) == (
            stop("not-permitted", action="patrons.change"),
        )
        assert refused(commands.report_lost, card=made.card, ctx=ctx("desk")) == (
            stop("not-permitted", action="patrons.cards"),
        )


def test_suspending(readers: Library, ctx: Contexts, unchanged: Any) -> None:
    made = adult(ctx("desk"))
    with unchanged():
        found = refused(
            commands.suspend, patron=made.patron, until=date(2020, 6, 9), why="", ctx=ctx("desk")
        )
        assert [r.code for r in found] == ["day-past", "why-missing"]
    commands.suspend(patron=made.patron, until=date(2020, 6, 30), why="损坏图书", ctx=ctx("desk"))
    (reader,) = queries.card_for_loan(made.number)
    assert reader.opens(TODAY).reasons == (
        stop("patron-suspended", until="2020-06-30", why="损坏图书"),
    )
    assert reader.opens(date(2020, 7, 1)).allowed
    commands.lift_suspension(patron=made.patron, ctx=ctx("desk"))
    assert opens(made.number) == ()


def test_c3_a_childs_own_number_comes_later(
    readers: Library, ctx: Contexts, unchanged: Any
) -> None:
    made = child(ctx("desk"))
    adult(ctx("desk"))
    with unchanged():
        for number, codes in (
            (LI, ["document-held", "birth-mismatch"]),
            (WANG, ["birth-mismatch", "document-is-guardians"]),
            (BOY[:-1] + "0", ["document-invalid"]),
            (" ", ["document-missing"]),
        ):
            found = refused(
                commands.add_document,
                patron=made.patron,
                document=IdentityDocument("idcard", number),
                ctx=ctx("desk"),
            )
            assert [r.code for r in found] == codes
    commands.add_document(
        patron=made.patron, document=IdentityDocument("idcard", BOY), ctx=ctx("desk")
    )
    assert queries.by_document("hukou", BOY) == made.patron
    assert queries.patron_facts(made.patron).sex == "M"
    assert queries.live_card(made.patron).number == made.number  # type: ignore[union-attr]
    assert events(4) == [
        ("patron.changed", None, {"fields": ["documents", "sex"], "kind": "idcard"})
    ]
    with unchanged():
        assert refused(
            commands.add_document,
            patron=made.patron,
            document=IdentityDocument("hukou", BOY),
            ctx=ctx("desk"),
        ) == (stop("document-known"),)


def test_c3_a_change_of_guardian_is_logged(readers: Library, ctx: Contexts, unchanged: Any) -> None:
    made = child(ctx("desk"))
    with unchanged():
        found = refused(
            commands.change_guardian,
            patron=made.patron,
            guardian=GRANDMOTHER,
            consents=READER,
            ctx=ctx("desk"),
        )
        assert found == (stop("consent-missing", purpose="child-data"),)
    later = ctx("desk", at=moment("2020-07-01"))
    commands.change_guardian(patron=made.patron, guardian=GRANDMOTHER, consents=CHILD, ctx=later)
    profile = queries.masked(made.patron)
    assert [(g.name, g.ended_at) for g in profile.guardians] == [
        ("陈婆婆", None),
        ("王芳", moment("2020-07-01")),
    ]
    assert [(c.purpose, c.withdrawn_at is None) for c in profile.consents] == [
        ("reader-data", False),
        ("child-data", False),
        ("reader-data", True),
        ("child-data", True),
    ]
    given = {"act": "given", "version": "2020-1", "by": "guardian"}
    assert events(2) == [
        ("patron.changed", None, {"fields": ["guardian"]}),
        ("patron.consent", None, {**given, "purpose": "reader-data"}),
        ("patron.consent", None, {**given, "purpose": "child-data"}),
    ]


def test_s5_a_consent_is_taken_back_and_given_again(
    readers: Library, ctx: Contexts, unchanged: Any
) -> None:
    made = child(ctx("desk"), guardian=MOTHER)
    assert commands.withdraw_consent(patron=made.patron, purpose="child-data", ctx=ctx("desk"))
    assert opens(made.number) == ("consent-withdrawn",)
    with unchanged():
        assert refused(
            commands.withdraw_consent, patron=made.patron, purpose="child-data", ctx=ctx("desk")
        ) == (stop("consent-not-given", purpose="child-data"),)
        assert refused(
            commands.give_consent,
            patron=made.patron,
            consent=ConsentGiven("face", "1"),
            ctx=ctx("desk"),
        ) == (stop("purpose-unknown", purpose="face"),)
    commands.give_consent(
        patron=made.patron, consent=ConsentGiven("child-data", "2020-2"), ctx=ctx("desk")
    )
    assert opens(made.number) == ()
    assert events(2) == [
        ("patron.consent", None, {"act": "withdrawn", "purpose": "child-data"}),
        (
            "patron.consent",
            None,
            {"act": "given", "purpose": "child-data", "version": "2020-2", "by": "guardian"},
        ),
    ]


def test_cards_valid_at_the_end_of_a_day(readers: Library, ctx: Contexts) -> None:
    born = date(1980, 5, 5)
    here = [readers.main, readers.east, readers.west, readers.point]
    one = adult(ctx("desk", at=moment("2020-03-01")), number=id_number(born, 1))
    adult(ctx("desk", at=moment("2020-03-02")), number=id_number(born, 2), category="temporary")
    adult(ctx("branch", place=readers.east), number=id_number(born, 3))
    commands.report_lost(card=one.card, ctx=ctx("desk", at=moment("2020-06-01")))
    commands.replace_card(card=one.card, ctx=ctx("desk", at=moment("2020-06-20")))
    for day, places_, count in (
        (date(2020, 2, 29), here, 0),
        (date(2020, 3, 1), here, 1),
        (date(2020, 5, 2), here, 2),
        (date(2020, 5, 3), here, 1),
        (date(2020, 6, 9), here, 1),
        (date(2020, 6, 10), here, 2),
        (date(2020, 6, 10), [readers.east], 1),
        (date(2020, 6, 20), here, 2),
        (date(2025, 3, 1), [readers.main], 1),
        (date(2025, 3, 2), [readers.main], 0),
    ):
        assert queries.cards_valid(day, places_) == count, day


def test_locks_read_the_same(readers: Library, ctx: Contexts) -> None:
    made = adult(ctx("desk"))
    with transaction.atomic():
        assert queries.lock_patron(made.patron) == queries.patron_facts(made.patron)
        assert queries.lock_patrons([made.patron, made.patron]) == {
            made.patron: queries.patron_facts(made.patron)
        }
        assert (queries.lock_card(made.card),) == queries.card_for_loan(made.number)
        assert queries.lock_card("0" * 32) is None
        with pytest.raises(queries.UnknownPatron):
            queries.lock_patron("0" * 32)


def test_no_ledger_row_tells_who_it_was(readers: Library, ctx: Contexts) -> None:
    """S5: the reader is named in the link table alone."""
    made = child(ctx("desk"), phone="13900139000")
    commands.change_patron(patron=made.patron, name="王小贝", ctx=ctx("desk"))
    commands.replace_card(card=made.card, ctx=ctx("desk"))
    rows = repr(sql.all("SELECT * FROM ledger_event"))
    for word in (made.patron, "王", "2015", made.number, "13900139000"):
        assert word not in rows
