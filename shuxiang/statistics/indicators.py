"""The indicators: what each number means, how it is counted and since when (row W2).

One entry a definition. A change of the counting rule is a new entry with a higher version and the
first year it holds for; the old one stays, so that old years are counted as they were. The table
`docs/indicators.md` is made from this module.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shuxiang.statistics import fold

How = Literal["sum", "stock", "borrowers", "cards", "calendar", "places"]
Kind = Literal["stock", "flow"]
Reach = Literal["both", "alone", "below"]

GB = "GB/T 13191-2025"
YEARBOOK = "文化和旅游统计"


@dataclass(frozen=True, slots=True)
class Term:
    """A part of a sum: a measure of the daily counts, added (1) or taken away (-1).

    ``sources`` limits it to those, ``but`` leaves some out; ``of_groups`` takes group readers only.
    The scope is decided by where the act happened or, for `fold.OWNED`, by the item's owner.
    """

    measure: str
    sign: int = 1
    sources: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    of_groups: bool = False

    def takes(self, source: str) -> bool:
        return (not self.sources or source in self.sources) and source not in self.but


@dataclass(frozen=True, slots=True)
class Indicator:
    """One definition.

    ``how``: ``sum`` of the terms in the period; ``stock``, the same from the beginning to its end;
    ``borrowers``, distinct readers; ``cards`` valid at the end; ``calendar``; ``places``.
    ``reach``: both scopes, the site ``alone`` or always everything ``below``. ``missing`` is the
    reason printed when a year has no row at all, '' where no row is a true zero.
    """

    code: str
    name_zh: str
    unit: str
    group: str
    kind: Kind
    standard: str
    how: How
    rule: str
    terms: tuple[Term, ...] = ()
    reach: Reach = "both"
    missing: str = ""
    version: str = "1"
    since: int = 0

    @property
    def from_ledger(self) -> bool:
        """Whether the ledger alone decides the number, up to any of its rows."""
        return self.how in ("sum", "stock", "borrowers")


INDICATORS: tuple[Indicator, ...] = (
    Indicator(
        "branch", "分馆数", "个", "机构", "stock", YEARBOOK, "places",
        "期末在册的分馆，不含服务点；独立法人馆另计机构数", reach="below",
    ),
    Indicator(
        "service_point", "服务点数", "个", "机构", "stock", YEARBOOK, "places",
        "期末在册的服务点（流通点、漂流书屋、自助图书馆等）", reach="below",
    ),
    Indicator(
        "reading_base", "亲子阅读体验基地数", "个", "机构", "stock", YEARBOOK, "stock",
        "期末在册、已挂牌的亲子阅读体验基地，按挂牌日期计，撤牌的减去",
        (Term("site.plaqued", sources=("reading_base",)),
         Term("site.unplaqued", -1, sources=("reading_base",))),
    ),
    Indicator(
        "reading_base_new", "其中：本年新挂牌", "个", "机构", "flow", YEARBOOK, "sum",
        "挂牌日期在本年的亲子阅读体验基地", (Term("site.plaqued", sources=("reading_base",)),),
    ),
    Indicator(
        "bookhouse", "漂流小书屋数", "所", "机构", "stock", YEARBOOK, "stock",
        "期末在册、已挂牌的漂流小书屋，按挂牌日期计，撤牌的减去",
        (Term("site.plaqued", sources=("bookhouse",)),
         Term("site.unplaqued", -1, sources=("bookhouse",))),
    ),
    Indicator(
        "coll", "总藏量", "册、件", "藏量", "stock", f"{GB} 馆藏", "stock",
        "期末已入藏、未剔除的册件，按所属馆计；不含电子图书；报刊散期装订后按合订本计",
        (Term("item.accessioned", but=("issue",)), Term("item.unaccessioned", -1, but=("issue",)),
         Term("item.withdrawn", -1, but=("issue",)),
         Term(fold.GAINED), Term(fold.LOST, -1)),
        missing="没有入藏记录",
    ),
    Indicator(
        "new_coll", "本年新增藏量", "册、件", "藏量", "flow", f"{GB} 新增馆藏", "sum",
        "入藏日期在本年的册件（购入、受赠、交换等），按入藏时所属馆计；"
        "网内调拨、原系统转来的旧藏和无入藏日期的不计新增",
        (Term("item.accessioned", but=("legacy", "issue")),
         Term("item.unaccessioned", -1, but=("legacy", "issue"))),
    ),
    Indicator(
        "new_coll_buy", "其中：本年新购藏量", "册、件", "藏量", "flow", YEARBOOK, "sum",
        "新增藏量中来源为购入的册件",
        (Term("item.accessioned", sources=("purchase",)),
         Term("item.unaccessioned", -1, sources=("purchase",))),
    ),
    Indicator(
        "new_coll_gift", "其中：本年受赠藏量", "册、件", "藏量", "flow", YEARBOOK, "sum",
        "新增藏量中来源为受赠的册件",
        (Term("item.accessioned", sources=("gift",)),
         Term("item.unaccessioned", -1, sources=("gift",))),
    ),
    Indicator(
        "weeded", "本年剔除量", "册、件", "藏量", "flow", f"{GB} 剔除", "sum",
        "本年注销、剔除的册件，按所属馆计；装订后撤下的报刊散期不计",
        (Term("item.withdrawn", but=("issue",)),),
    ),
    Indicator(
        "serial_titles", "当年购买的报刊种数", "种", "藏量", "flow", YEARBOOK, "sum",
        "订期自本年开始的报刊，一种一年计一次；未到未付即撤销的不计",
        (Term("subscription.begun"),),
    ),
    Indicator(
        "serial_bound", "本年装订合订本", "册", "藏量", "flow", f"{GB} 连续出版物", "sum",
        "本年装订入藏的报刊合订本，每本计一册；撤销的不计", (Term("serial.bound"),),
    ),
    Indicator(
        "cards_new", "办证数", "张", "读者", "flow", YEARBOOK, "sum",
        "本年首次办证，按办证地点计；补证、换证、续期不计",
        (Term("card.issued", sources=("first",)),),
    ),
    Indicator(
        "cards_valid", "有效借书证数", "个", "读者", "stock", YEARBOOK, "cards",
        "期末已发、未退、未过期的读者证，按办证地点计；挂失而未补的仍计",
    ),
    Indicator(
        "active_reader", "活跃读者", "人", "读者", "flow", f"{GB} 活跃借阅者", "borrowers",
        "本年至少有一次外借的不同读者；借后即撤销的不计",
        (Term("loan.opened"),),
    ),
    Indicator(
        "visit_gate", "进馆人次", "人次", "服务", "flow", f"{GB} 到馆", "sum",
        "各出入口计数之和：门禁计数、人工计数、估计分别标明来源；双向计数折半，工作人员不计",
        (Term("visits.entered"),), missing="未录入进馆人次",
    ),
    Indicator(
        "loan_person", "外借人次", "人次", "服务", "flow", YEARBOOK, "sum",
        "同一读者同一天在同一地点有外借的计一人次；借后即撤销的不计；集体外借只计册次，不计人次",
        (Term(fold.BORROWING_VISITS, but=("group",)),),
    ),
    Indicator(
        "loan_vol", "外借册次", "册次", "服务", "flow", f"{GB} 外借", "sum",
        "每借出一册件计一册次，按借出地点计；续借另计，不含在内；撤销的不计；"
        "向合作馆借来转借读者的另计馆际互借",
        (Term("loan.opened", but=("interloan",)),),
    ),
    Indicator(
        "loan_group", "其中：集体外借册次", "册次", "服务", "flow", YEARBOOK, "sum",
        "外借册次中由集体读者借出的册次", (Term("loan.opened", of_groups=True),),
    ),
    Indicator(
        "loan_visitor", "其中：持合作馆读者证外借册次", "册次", "服务", "flow", YEARBOOK, "sum",
        "外借册次中持市馆等合作馆读者证借出的册次", (Term("loan.opened", sources=("visitor",)),),
    ),
    Indicator(
        "interloan_in", "馆际互借借入册次", "册次", "服务", "flow", f"{GB} 馆际互借", "sum",
        "为本馆读者向合作馆借入的册次，到馆即计一次；再借给读者不另计外借册次",
        (Term("interloan.received"),),
    ),
    Indicator(
        "return_for_partner", "代还册次", "册次", "服务", "flow", YEARBOOK, "sum",
        "在本馆还入、转送合作馆的合作馆图书；不计本馆还回册次", (Term("partner.returned"),),
    ),
    Indicator(
        "delivered", "图书配送册次", "册次", "服务", "flow", YEARBOOK, "sum",
        "配送单上由接收的分馆、服务点签收的册数；不计外借、还回", (Term("delivery.received"),),
    ),
    Indicator(
        "renew_vol", "续借册次", "册次", "服务", "flow", f"{GB} 续借", "sum",
        "读者续借一册计一册次，按办理地点计；馆际互借的不计",
        (Term("loan.renewed", but=("interloan",)),),
    ),
    Indicator(
        "return_vol", "还回册次", "册次", "服务", "flow", YEARBOOK, "sum",
        "还回一册计一册次，按还回地点计（通借通还）；馆际互借的不计",
        (Term("loan.closed", but=("interloan",)),),
    ),
    Indicator(
        "read_vol", "阅览册次", "册次", "服务", "flow", f"{GB} 馆内利用", "sum",
        "馆内取阅一册计一册次：归架扫描、人工清点、抽样估计分别标明来源",
        (Term("item.used"),), missing="未登记馆内阅览",
    ),
    Indicator(
        "drift_taken", "漂流取阅次数", "次", "服务", "flow", YEARBOOK, "sum",
        "漂流图书扫码“我拿走”的次数，按取走地点计；不计外借册次、外借人次",
        (Term("drift.taken"),),
    ),
    Indicator(
        "drift_returned", "漂流回漂次数", "次", "服务", "flow", YEARBOOK, "sum",
        "漂流图书扫码“我放回”的次数，按放回地点计；不计还回册次。回漂率另按取走的书是否回来计算",
        (Term("drift.returned"),),
    ),
    Indicator(
        "open_days", "开放天数", "天", "服务", "flow", f"{GB} 开放天数", "calendar",
        "开馆日历中的开放日，闭馆日不计", reach="alone",
    ),
)  # fmt: skip

HOW_ZH = {
    "sum": "流水求和",
    "stock": "流水累计至期末",
    "borrowers": "流水去重",
    "cards": "读者证登记",
    "calendar": "开馆日历",
    "places": "机构登记",
}
SOURCE_ZH = {
    "device": "设备",
    "manual": "人工",
    "estimate": "估计",
    "scan": "扫描",
    "sample": "抽样",
    "group": "集体外借",
    "visitor": "合作馆读者证",
    "interloan": "馆际互借",
}


def in_force(year: int) -> tuple[Indicator, ...]:
    """The definitions that hold for a year, in the order of the catalogue: the highest version of
    each code that had begun."""
    chosen: dict[str, Indicator] = {}
    for one in INDICATORS:
        kept = chosen.get(one.code)
        if one.since <= year and (kept is None or kept.since <= one.since):
            chosen[one.code] = one
    return tuple(chosen.values())


def find(code: str, year: int) -> Indicator:
    """Raises KeyError where the year has no such indicator."""
    for one in in_force(year):
        if one.code == code:
            return one
    raise KeyError(code)
