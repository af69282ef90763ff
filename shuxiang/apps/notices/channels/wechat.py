"""WeChat: the port that the account's own adapter is plugged into. Without one it is not configured.

A one-time subscription lets one message through: how many are left stands in `WechatConsent` and is
taken down with each that is claimed.
"""

from __future__ import annotations

from typing import Protocol

from shuxiang.apps.notices.channels.port import Outcome, Outgoing

TEMPLATE = "notice"
"""The one template that all kinds go by until a library registers more."""


class Adapter(Protocol):
    """Sends by the account: ``address`` is the reader's openid."""

    def send(self, message: Outgoing) -> Outcome: ...
    def openid(self, patron: str) -> str: ...


_adapter: list[Adapter] = []


def plug(adapter: Adapter | None) -> None:
    """Use an adapter from now on; None: none."""
    _adapter[:] = [adapter] if adapter is not None else []


def openid(patron: str) -> str:
    """The reader's openid, '' where none is bound or no adapter is plugged in."""
    return _adapter[0].openid(patron) if _adapter else ""


class Wechat:
    code = "wechat"
    repeatable = False

    def configured(self) -> bool:
        return bool(_adapter)

    def send(self, message: Outgoing) -> Outcome:
        return _adapter[0].send(message) if _adapter else Outcome("later", "gateway-down")


WECHAT = Wechat()
