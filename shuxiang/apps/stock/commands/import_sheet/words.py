"""What other systems call states, types and sources of their items, and what we call them.

Codes are those of Interlib's public holdings; sites add and rename some, so every import may map
them otherwise (`SheetMap.values`), and what is in neither blocks the item until a person decides.
"""

from __future__ import annotations

from typing import Final

from shuxiang.apps.catalog.commands.sheets import folded

LENT, GONE = "lent", "gone"
"""States that are no status of an item: it is on loan in the old system (available here, and to be
reconciled with the list of open loans); it had left the stock and is set aside."""

NOWHERE = "-"
"""A location of the list that is none of ours: the item stands in the place, in no location."""

STATES: Final = {
    "available": "2 在馆 在架 在库 可借 流通 正常 可外借 0 流通还回上架中 还回上架中 13 闭架 12 清点 "
    "10 预借 预约 19 33 已通还 17 物流发送通知 18 物流签收通知 31 运回中 32 已签收 66 调拨 "
    "68 共享还回中 available",
    LENT: "3 借出 已借出 外借 已借 在借",
    "in_processing": "1 编目 编目中 在编 加工中 8 装订 14 修补 修复 in_processing",
    "lost": "4 丢失 遗失 40 馆际丢失 lost",
    "missing": "15 查找中 67 锁定查找中 missing",
    "damaged": "污损 损坏 破损 damaged",
    "blocked": "9 锁定 16 重复锁定 36 已装订 停借 暂停流通 blocked",
    GONE: "5 剔除 已剔除 注销 已注销 下架 6 交换 7 赠送 34 报废 35 丢失赔书 withdrawn",
}
TYPES: Final = {
    "book": "普通图书 中文图书 图书 外文图书 成人图书 可外借图书 普通 book",
    "child": "少儿图书 儿童图书 少儿 绘本 child",
    "av": "视听资料 音像资料 音像 光盘 电子资源 av",
    "periodical": "期刊 报刊 杂志 过刊 合订本 现刊 periodical",
    "reference": "参考工具书 工具书 参考书 阅览图书 不外借 reference",
    "local": "地方文献 local",
}
SOURCES: Final = {
    "purchase": "购买 采购 购入 订购 自购 采访 统采 集中采购 政府采购 purchase",
    "gift": "捐赠 赠送 受赠 赠书 赠阅 社会捐赠 gift",
    "deposit": "寄存 托管 委托 deposit",
    "legacy": "旧藏 调拨 移交 legacy",
}


def _table(words: dict[str, str]) -> dict[str, str]:
    return {folded(text): code for code, texts in words.items() for text in texts.split()}


STATE_OF: Final = _table(STATES)
TYPE_OF: Final = _table(TYPES)
SOURCE_OF: Final = _table(SOURCES)
