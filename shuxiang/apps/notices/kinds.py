"""The kinds of notices there are, with the words they ship with. A new kind is a new entry here."""

from __future__ import annotations

from dataclasses import dataclass

BOOKS = ("册数", "书单", "书名")
COMMON = ("读者", "图书馆", "馆点")
NAMING = frozenset({"书单", "书名"})
"""Placeholders that say what somebody reads."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind: ``urgent`` ones don't wait for tomorrow when something was told today already;
    ``needed`` ones can't be opted out of; ``placeholders`` are what its texts may hold."""

    code: str
    name_zh: str
    subject: str
    long: str
    short: str
    placeholders: tuple[str, ...]
    urgent: bool = False
    needed: bool = False


KINDS: dict[str, Kind] = {
    kind.code: kind
    for kind in (
        Kind(
            "hold-ready",
            "预约到书",
            "预约的书到了（{册数} 册）",
            "{读者}：您预约的书已到{馆点}，请在 {截止日期} 前带读者证来取：\n{书单}",
            "您预约的{册数}册书已到{馆点}，请于{截止日期}前带读者证来取。",
            (*COMMON, *BOOKS, "截止日期"),
            urgent=True,
        ),
        Kind(
            "hold-moving",
            "预约的书已发出",
            "预约的书已发出（{册数} 册）",
            "{读者}：您预约的书已经发出，正送往{馆点}，到了再通知您：\n{书单}",
            "您预约的{册数}册书正送往{馆点}，到馆后再通知您。",
            (*COMMON, *BOOKS),
        ),
        Kind(
            "hold-expired",
            "预约到期",
            "预约已到期（{册数} 册）",
            "{读者}：下面的预约到期了（没有按时来取，或一直没有等到书），已经取消；还想借可以再预约：\n{书单}",
            "您的{册数}个预约已到期取消，还想借可以再预约。",
            (*COMMON, *BOOKS),
        ),
        Kind(
            "hold-cancelled",
            "预约被取消",
            "预约已取消（{册数} 册）",
            "{读者}：下面的预约由图书馆取消了，有疑问请联系{馆点}：\n{书单}",
            "您的{册数}个预约已由图书馆取消，有疑问请联系{馆点}。",
            (*COMMON, *BOOKS),
        ),
        Kind(
            "pickup-moved",
            "取书时段改期",
            "取书时段改到 {取书时段}",
            "{读者}：您在{馆点}预约的取书时段改到 {取书时段}，书会一直为您保留到那时。不方便的话，请在“我的预约”里另选时段。",
            "您在{馆点}的取书时段改到{取书时段}，书为您保留。",
            (*COMMON, "取书时段"),
            urgent=True,
        ),
        Kind(
            "pickup-cancelled",
            "取书时段取消",
            "取书时段已取消（{取书时段}）",
            "{读者}：您在{馆点}预约的取书时段（{取书时段}）取消了。书仍为您保留，请在“我的预约”里另选时段，或在保留期内直接来取。",
            "您在{馆点}的取书时段（{取书时段}）取消了，书仍为您保留，请另选时段。",
            (*COMMON, "取书时段"),
            urgent=True,
        ),
        Kind(
            "due-soon",
            "即将到期",
            "图书即将到期（{册数} 册）",
            "{读者}：您有 {册数} 册书快到期了，最早 {最早日期}。请按时归还，或在“我的借阅”里续借：\n{书单}",
            "您借的{册数}册书快到期了，最早{最早日期}，请按时归还或续借。",
            (*COMMON, *BOOKS, "最早日期"),
        ),
        Kind(
            "overdue",
            "逾期催还",
            "图书已逾期（{册数} 册）",
            "{读者}：您有 {册数} 册书已过应还日期，最早的一册应在 {最早日期} 归还。请尽快还到任一馆点：\n{书单}",
            "您借的{册数}册书已逾期，最早应还{最早日期}，请尽快归还。",
            (*COMMON, *BOOKS, "最早日期"),
            needed=True,
        ),
        Kind(
            "closure",
            "闭馆与开放变更",
            "{标题}",
            "{读者}：{正文}",
            "{标题}。详情见本馆公告。",
            (*COMMON, "标题", "正文"),
            urgent=True,
        ),
        Kind(
            "suggestion",
            "荐购答复",
            "{标题}",
            "{读者}：{正文}",
            "{标题}。详情请登录“我的消息”查看。",
            (*COMMON, "标题", "正文"),
        ),
        Kind(
            "by-law",
            "依法告知",
            "{标题}",
            "{读者}：{正文}",
            "{标题}。详情请登录“我的消息”查看。",
            (*COMMON, "标题", "正文"),
            urgent=True,
            needed=True,
        ),
    )
}


def kind(code: str) -> Kind:
    """Raises KeyError."""
    return KINDS[code]
