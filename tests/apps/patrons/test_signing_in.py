"""Sign-ins of readers: guesses, sessions, what ends them (C6, S10)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from shuxiang.apps.patrons import commands, models, queries
from shuxiang.apps.patrons.commands import signing_in
from shuxiang.kernel.context import Actor, Context
from shuxiang.kernel.decision import Refused
from shuxiang.runtime.hashing import nobodys_hash
from tests.apps.patrons import people
from tests.apps.patrons.test_pins import give, own
from tests.conftest import Unchanged
from tests.support.library import Contexts, Library, moment
from tests.support.stocked import Stocked, build

START = moment("2020-06-10")


@pytest.fixture
def stocked(scene: Callable[..., Any], library: Library) -> Stocked:
    made: Stocked = scene("circulation.stocked", lambda: build(library))
    return made


@pytest.fixture
def pin(stocked: Stocked, ctx: Contexts) -> str:
    """The PIN of the adult with the card 00000001."""
    return give(ctx("desk"), stocked.patrons["adult"])


def visitor(ctx: Contexts, seconds: float = 0) -> Context:
    at = START + timedelta(seconds=seconds)
    return ctx(Actor("patron", ""), channel="portal", at=at)


def enter(
    ctx: Contexts,
    name: str,
    pin: str,
    *,
    seconds: float = 0,
    address: str = "192.0.2.1",
    token: str = "t1",
) -> commands.SignedIn:
    return commands.sign_in(
        name=name, pin=pin, address=address, token_hash=token, ctx=visitor(ctx, seconds)
    )


def test_card_and_pin_open_a_session(stocked: Stocked, ctx: Contexts, pin: str) -> None:
    done = enter(ctx, " ００００0001 ", pin)
    assert (done.patron, done.must_change) == (stocked.patrons["adult"], True)
    session = queries.reader_session("t1", START)
    assert session is not None
    assert (session.patron, session.must_change) == (stocked.patrons["adult"], True)
    assert session.until == START + timedelta(hours=12)
    assert queries.reader_session("t2", START) is None
    assert queries.sessions_open(stocked.patrons["adult"], START) == 1


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("00000001", "000000"),
        ("00000009", "482913"),
        ("00000002", "482913"),
        (people.LI, None),
        ("", None),
        ("'; DROP TABLE", "1"),
    ],
    ids=["wrong pin", "unknown card", "no pin yet", "document not bound", "nothing", "nonsense"],
)
def test_whatever_is_wrong_is_answered_alike(
    stocked: Stocked,
    ctx: Contexts,
    pin: str,
    name: str,
    given: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hashed: list[str] = []
    check = signing_in.check_password

    def counted(password: str, stored: str) -> bool:
        hashed.append(stored)
        return bool(check(password, stored))

    monkeypatch.setattr(signing_in, "check_password", counted)
    done = enter(ctx, name, pin if given is None else given)
    # As long as for a right one: one hash of the same cost.
    assert [stored.split("$")[:4] for stored in hashed] == [nobodys_hash().split("$")[:4]]
    assert (done.patron, done.decision.codes) == (None, ("sign-in-wrong",))
    assert not models.ReaderSession.objects.exists()


@pytest.mark.parametrize("name", ["00000001", "00000009"])
def test_a_hundred_guesses(stocked: Stocked, ctx: Contexts, pin: str, name: str) -> None:
    """C6, S10: five are checked, then the number is locked, known or not; the right one after a
    hundred guesses is as late as any."""
    seen: list[tuple[str, ...]] = []
    for n in range(100):
        guess = f"{482000 + n:06d}"
        if guess != pin:
            # From ever other addresses, which lock nobody else out.
            done = enter(ctx, name, guess, seconds=n, address=f"192.0.2.{n}")
            seen.append(done.decision.codes)
    assert seen[:5] == [("sign-in-wrong",)] * 5
    assert set(seen[5:]) == {("sign-in-locked",)}
    late = enter(ctx, name, pin, seconds=120)
    assert late.decision.codes == ("sign-in-locked",)
    assert late.decision.refusing[0].data == {"minutes": 14}
    # The lock ends a quarter of an hour after the fifth; the next one is twice as long.
    for n in range(5):
        assert enter(ctx, name, "000001", seconds=905 + n).decision.codes == ("sign-in-wrong",)
    again = enter(ctx, name, pin, seconds=920)
    assert again.decision.refusing[0].data == {"minutes": 30}


def test_an_address_is_locked_after_thirty(stocked: Stocked, ctx: Contexts, pin: str) -> None:
    for n in range(30):
        assert enter(ctx, f"9{n:06d}", "482913", seconds=n).decision.codes == ("sign-in-wrong",)
    assert enter(ctx, "00000001", pin, seconds=31).decision.codes == ("sign-in-locked",)
    other = enter(ctx, "00000001", pin, seconds=31, address="192.0.2.2")
    assert other.patron == stocked.patrons["adult"]


def test_the_right_pin_and_the_desk_forgive(stocked: Stocked, ctx: Contexts, pin: str) -> None:
    for n in range(4):
        enter(ctx, "00000001", "000001", seconds=n)
    assert enter(ctx, "00000001", pin, seconds=5).patron
    for n in range(5):
        enter(ctx, "00000001", "000001", seconds=10 + n)
    assert enter(ctx, "00000001", pin, seconds=20, token="t2").patron is None
    fresh = give(ctx("desk"), stocked.patrons["adult"])
    assert enter(ctx, "00000001", fresh, seconds=30, token="t3").patron


def test_guesses_sent_at_once_count_together(
    stocked: Stocked, ctx: Contexts, pin: str, together: Callable[..., list[Any]]
) -> None:
    answers = together(16, lambda n: enter(ctx, "00000001", "000001", seconds=n).decision.codes)
    assert answers.count(("sign-in-wrong",)) == 5
    assert answers.count(("sign-in-locked",)) == 11


@pytest.mark.parametrize("end", ["reset", "lost", "replaced", "closed", "everywhere", "changed"])
def test_what_ends_a_session(stocked: Stocked, ctx: Contexts, pin: str, end: str) -> None:
    patron = stocked.patrons["adult"]
    enter(ctx, "00000001", pin)
    card = queries.live_card(patron)
    assert card is not None
    if end == "reset":
        give(ctx("desk"), patron)
    elif end == "lost":
        commands.report_lost(card=card.id, ctx=ctx("desk"))
    elif end == "replaced":
        commands.replace_card(card=card.id, ctx=ctx("desk"))
    elif end == "closed":
        commands.close_account(patron=patron, ctx=ctx("desk"))
    elif end == "everywhere":
        assert commands.sign_out(ctx=own(stocked, ctx)) == 1
    else:
        enter(ctx, "00000001", pin, token="t2")
        kept = queries.reader_session("t2", START)
        assert kept is not None
        commands.change_pin(old=pin, new="482913", session=kept.id, ctx=own(stocked, ctx))
        assert queries.reader_session("t2", START) is not None
    assert queries.reader_session("t1", START) is None


def test_a_session_ends_idle_and_old(stocked: Stocked, ctx: Contexts, pin: str) -> None:
    enter(ctx, "00000001", pin)
    session = queries.reader_session("t1", START + timedelta(minutes=30))
    assert session is not None
    assert queries.reader_session("t1", START + timedelta(minutes=31)) is None
    for minutes in range(29, 720, 29):
        kept = own(stocked, ctx, minutes=minutes)
        commands.keep_session(session=session.id, ctx=kept)
    assert queries.reader_session("t1", START + timedelta(minutes=719)) is not None
    assert queries.reader_session("t1", START + timedelta(minutes=720)) is None


def test_nobody_keeps_or_ends_another_s_session(
    stocked: Stocked, ctx: Contexts, pin: str, unchanged: Unchanged
) -> None:
    enter(ctx, "00000001", pin)
    session = queries.reader_session("t1", START)
    assert session is not None
    stranger = own(stocked, ctx, "other", minutes=5)
    with unchanged():
        commands.keep_session(session=session.id, ctx=stranger)
        assert commands.sign_out(session=session.id, ctx=stranger.with_key("out")) == 0
    with unchanged(), pytest.raises(Refused, match="not-permitted"):
        commands.sign_out(session=session.id, ctx=ctx("desk"))


def test_a_lost_card_says_so_to_its_owner_alone(stocked: Stocked, ctx: Contexts, pin: str) -> None:
    card = queries.live_card(stocked.patrons["adult"])
    assert card is not None
    commands.report_lost(card=card.id, ctx=ctx("desk"))
    assert enter(ctx, "00000001", "000001").decision.codes == ("sign-in-wrong",)
    assert enter(ctx, "00000001", pin).decision.codes == ("card-lost",)
    assert not models.ReaderSession.objects.exists()


def test_a_replaced_card_never_opens_the_account(stocked: Stocked, ctx: Contexts, pin: str) -> None:
    """I17."""
    card = queries.live_card(stocked.patrons["adult"])
    assert card is not None
    new = commands.replace_card(card=card.id, ctx=ctx("desk"))
    assert enter(ctx, "00000001", pin).decision.codes == ("sign-in-wrong",)
    assert enter(ctx, new.number, pin).patron == stocked.patrons["adult"]


def test_a_bound_document_signs_in_and_an_unbound_one_does_not(
    stocked: Stocked, ctx: Contexts, pin: str
) -> None:
    """C6: bind, masked display, unbind."""
    patron = stocked.patrons["adult"]
    me = own(stocked, ctx)
    card, paper = queries.credentials(patron)
    assert (card.kind, card.shown, card.bound) == ("card", "0*****01", "")
    assert (paper.kind, paper.shown, paper.bound) == (
        "idcard",
        queries.masked(patron).documents[0].number,
        "",
    )
    assert enter(ctx, people.LI, pin).patron is None
    bound = commands.bind_document(patron=patron, document=paper.document, ctx=me)
    assert commands.bind_document(patron=patron, document=paper.document, ctx=ctx("desk")) == bound
    assert queries.credentials(patron)[1].bound == bound
    assert enter(ctx, people.LI.lower(), pin).patron == patron
    commands.unbind(patron=patron, credential=bound, ctx=ctx("desk"))
    assert queries.credentials(patron)[1].bound == ""
    assert enter(ctx, people.LI, pin, token="t2").decision.codes == ("sign-in-wrong",)
    with pytest.raises(Refused, match="credential-not-bound"):
        commands.unbind(patron=patron, credential=bound, ctx=own(stocked, ctx))


def test_nobody_binds_for_another_reader(
    stocked: Stocked, ctx: Contexts, unchanged: Unchanged
) -> None:
    paper = queries.credentials(stocked.patrons["adult"])[1].document
    other = own(stocked, ctx, "other")
    with unchanged(), pytest.raises(Refused, match="not-permitted"):
        commands.bind_document(patron=stocked.patrons["adult"], document=paper, ctx=other)
    again = other.with_key("again")
    with unchanged(), pytest.raises(Refused, match="document-not-theirs"):
        commands.bind_document(patron=stocked.patrons["other"], document=paper, ctx=again)


def test_closing_an_account_ends_everything_that_opened_it(
    stocked: Stocked, ctx: Contexts, pin: str
) -> None:
    patron = stocked.patrons["adult"]
    paper = queries.credentials(patron)[1].document
    commands.bind_document(patron=patron, document=paper, ctx=ctx("desk"))
    commands.close_account(patron=patron, ctx=ctx("desk"))
    assert not models.Pin.objects.filter(patron=patron).exists()
    assert not models.Credential.objects.filter(patron=patron, ended_at=None).exists()
    assert enter(ctx, people.LI, pin).decision.codes == ("sign-in-wrong",)
    again = people.adult(ctx(at=START + timedelta(hours=1)))
    assert queries.pin_state(again.patron).given is False


def test_history_is_shown_to_who_asked_for_it(
    stocked: Stocked, ctx: Contexts, unchanged: Unchanged
) -> None:
    assert queries.history_shown(stocked.patrons["adult"]) is False
    with unchanged(), pytest.raises(Refused, match="not-permitted"):
        commands.show_history(shown=True, ctx=ctx("director"))
    commands.show_history(shown=True, ctx=own(stocked, ctx))
    assert queries.history_shown(stocked.patrons["adult"]) is True
    assert queries.history_shown(stocked.patrons["other"]) is False


def test_sign_ins_are_forgotten(stocked: Stocked, ctx: Contexts, pin: str) -> None:
    """Every table holding people has a retention rule."""
    enter(ctx, "00000001", "000001")
    enter(ctx, "00000001", pin)
    enter(ctx, "00000009", "000001")
    assert commands.forget_sign_ins(ctx=ctx(at=START + timedelta(days=1))) == 0
    assert commands.forget_sign_ins(ctx=ctx(at=START + timedelta(days=3))) == 1
    assert commands.forget_sign_ins(ctx=ctx(at=START + timedelta(days=31))) == 1
    with pytest.raises(Refused, match="not-permitted"):
        commands.forget_sign_ins(ctx=ctx("director"))


def test_readers_are_found_in_every_way(stocked: Stocked, ctx: Contexts) -> None:
    """C3: a guardian's number finds the children, and never counts as theirs."""
    second = people.child(ctx(), name="王二宝", born_on=date(2017, 1, 2))
    old = people.LI[:6] + people.LI[8:17]
    assert len(old) == 15

    def found(text: str) -> list[tuple[str, str]]:
        return [(row.name, row.through) for row in queries.find_patrons(text)]

    assert found("00000001") == [("李四", "card")]
    assert found(people.LI) == found(old) == [("李四", "document")]
    # 王芳 is a reader herself: her number is hers, and her page leads to the children.
    assert found(people.WANG) == [("王芳", "document")]
    family = queries.masked(stocked.patrons["other"]).family
    assert [(one.name, one.how) for one in family] == [("王小宝", "child"), ("王二宝", "child")]
    sibling = queries.masked(second.patron).family
    assert [(one.name, one.how) for one in sibling] == [("王小宝", "sibling")]
    assert found("138 0013 8000") == [("王二宝", "guardian"), ("王小宝", "guardian")]
    for text in ("王 1985", "王芳1985", "王芳 1985年", "王芳 19850304", "王芳 1985-03-04"):
        assert found(text) == [("王芳", "name")], text
    assert found("王芳 1986") == found("王芳 19850305") == []


def test_a_guardian_without_a_card_finds_their_children(stocked: Stocked, ctx: Contexts) -> None:
    commands.close_account(patron=stocked.patrons["other"], ctx=ctx("desk"))
    found = queries.find_patrons(people.WANG)
    assert [(row.name, row.through) for row in found] == [("王小宝", "guardian")]
    assert queries.by_document("idcard", people.WANG) is None
    with pytest.raises(Refused, match="document-is-guardians"):
        commands.add_document(
            patron=stocked.patrons["child"],
            document=commands.IdentityDocument("idcard", people.WANG),
            ctx=ctx("desk"),
        )


def test_a_child_s_own_number_comes_later_with_the_same_card(
    stocked: Stocked, ctx: Contexts
) -> None:
    before = queries.live_card(stocked.patrons["child"])
    commands.add_document(
        patron=stocked.patrons["child"],
        document=commands.IdentityDocument("idcard", people.BOY),
        ctx=ctx("desk"),
    )
    assert queries.live_card(stocked.patrons["child"]) == before
    assert [row.id for row in queries.find_patrons(people.BOY)] == [stocked.patrons["child"]]
