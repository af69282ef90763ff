"""What readers find on the demo's portal: PINs of the demo cards, announcements, 本馆概况."""

from __future__ import annotations

from datetime import date, time, timedelta

from shuxiang.apps.patrons import commands as patrons
from shuxiang.apps.patrons import queries as readers
from shuxiang.apps.places import commands as places
from shuxiang.demo.plan import Opened
from shuxiang.demo.sites import MAIN
from shuxiang.kernel import clock
from shuxiang.kernel.context import Actor, Context

ABOUT = (
    "澄榆区图书馆是政府举办的公益性公共图书馆，免费向所有人开放，办理外借、阅览、检索、"
    "自助服务和流动服务。\n\n总馆下设四个分馆，另有漂流小书屋和客运站自助图书馆，"
    "一证通用，通借通还。"
)
NEWS = (
    ("新书上架", "本月新书已上架，可在首页“新书”中查看，欢迎到馆借阅。", -6),
    (
        "请尽早更改小票上的密码",
        "办证小票上印有登录本网站的密码。首次登录时请改成自己的密码。\n\n忘记密码，请持证件到任一服务台重置。",
        -20,
    ),
)
"""Title, text, and the day from which on, counted from today."""


def fill(opened: Opened, cards: list[tuple[str, str]], today: date) -> list[str]:
    """Write the portal's texts and give the demo ``cards`` (number, whose) their PINs; returns a line
    a card for the accounts' file."""
    for n, (title, text, days) in enumerate(NEWS):
        day = today + timedelta(days=days)
        ctx = _by("guanzhang", opened, day, f"news.{n}")
        places.announce(
            title=title, text=text, places=(opened.places[MAIN],), first_day=day, ctx=ctx
        )
    ctx = _by("guanzhang", opened, today - timedelta(days=30), "about")
    places.set_page_text(place=opened.places[MAIN], key="about", text=ABOUT, ctx=ctx)
    lines = []
    for number, whose in cards:
        card = readers.find_card(number)
        assert card is not None
        plain, hashed = patrons.draw_pin(card.patron)
        ctx = _by("desk1", opened, today - timedelta(days=1), f"pin.{number}")
        patrons.set_pin(patron=card.patron, pin_hash=hashed, ctx=ctx)
        lines.append(f"  {number}（{whose}） 密码 {plain}，首次登录须更改")
    return lines


def _by(username: str, opened: Opened, day: date, key: str) -> Context:
    return Context(
        actor=Actor("staff", opened.accounts[username]),
        channel="desk" if username == "desk1" else "office",
        service_point=opened.places[MAIN],
        occurred_at=clock.at_local(day, time(10)),
        request_key=f"demo.portal.{key}",
    )
