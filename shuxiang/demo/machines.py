"""A self-service machine of the demo, for its simulated devices (`shuxiang kiosk-bridge --simulate`)."""

from __future__ import annotations

from datetime import date, time

from shuxiang.apps.places import commands as places
from shuxiang.demo.plan import Opened
from shuxiang.demo.sites import MAIN
from shuxiang.kernel import clock
from shuxiang.kernel.context import SYSTEM, Context

LOGIN = "kiosk-1"


def fill(opened: Opened, today: date) -> list[str]:
    """Add the machine; returns its lines for the accounts' file."""
    made = places.add_device(
        place=opened.places[MAIN],
        kind="kiosk",
        login=LOGIN,
        name="总馆大厅自助机",
        settings={
            "functions": ["borrow", "return", "renew", "inquiry", "card"],
            "bridge": "http://127.0.0.1:7071",
            "offline": "lend",
        },
        ctx=Context(
            actor=SYSTEM,
            channel="cli",
            service_point=opened.places[MAIN],
            occurred_at=clock.at_local(today, time(8)),
            request_key=f"demo.machine.{LOGIN}",
        ),
    )
    return [
        "自助机（打开 /kiosk/ 输入一次；模拟设备：shuxiang kiosk-bridge --simulate）：",
        f"  {LOGIN} 密码 {made.secret}",
    ]
