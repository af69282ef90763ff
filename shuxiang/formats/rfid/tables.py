"""The data elements and types of usage of GB/T 35660.1-2017 (ISO 28560-1), as the standard names them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Packing = Literal["auto", "bitmap", "isil", "octet", "utf8", "integer", "none"]
"""How a value is packed: ``auto`` by the table of compactions, ``bitmap`` is the content parameter's,
``none`` is never encoded on an HF tag."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A data element: relative object identifier, abbreviation, names and packing."""

    oid: int
    abbr: str
    name: str
    name_zh: str
    packing: Packing


ELEMENTS: Final[dict[int, Kind]] = {
    kind.oid: kind
    for kind in (
        Kind(0, "UII", "Unique item identifier", "唯一馆藏标识", "none"),
        Kind(1, "PII", "Primary item identifier", "馆藏单件主标识符", "auto"),
        Kind(2, "CP", "Content parameter", "内容参数", "bitmap"),
        Kind(3, "OI", "Owner institution", "所属机构", "isil"),
        Kind(4, "SI", "Set information", "卷(册)信息", "auto"),
        Kind(5, "TU", "Type of usage", "应用类别", "octet"),
        Kind(6, "SL", "Shelf location", "排架位置", "auto"),
        Kind(7, "OMF", "ONIX media format", "ONIX媒体格式", "utf8"),
        Kind(8, "MMF", "MARC media format", "MARC媒体格式", "auto"),
        Kind(9, "SID", "Supplier identifier", "供应商标识符", "auto"),
        Kind(10, "ON", "Order number", "订购号", "auto"),
        Kind(11, "IBI", "ILL borrowing institution (ISIL)", "馆际互借借入机构", "isil"),
        Kind(12, "ITN", "ILL transaction number", "馆际互借作业编号", "auto"),
        Kind(13, "GPI", "GS1 product identifier", "GS1产品标识符", "integer"),
        Kind(14, "AUII", "Alternative unique item identifier", "备选馆藏单件唯一标识符", "none"),
        Kind(15, "LDA", "Local data A", "本地数据A", "auto"),
        Kind(16, "LDB", "Local data B", "本地数据B", "auto"),
        Kind(17, "T", "Title", "题名", "utf8"),
        Kind(18, "PIL", "Product identifier local", "本地产品标识符", "auto"),
        Kind(19, "MF", "Media format (other)", "媒体格式(其他)", "octet"),
        Kind(20, "SCS", "Supply chain stage", "供应链阶段", "octet"),
        Kind(21, "SIN", "Supplier invoice number", "供应商发票编号", "auto"),
        Kind(22, "AII", "Alternative item identifier", "备选馆藏单件标识符", "auto"),
        Kind(23, "AOI", "Alternative owner institution", "备选所属机构", "auto"),
        Kind(24, "SOI", "Subsidiary of an owner institution", "所属机构分馆", "auto"),
        Kind(25, "AIBI", "Alternative ILL borrowing institution", "备选馆际互借借入机构", "auto"),
        Kind(26, "LDC", "Local data C", "本地数据C", "auto"),
    )
}

USAGES: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "0": ("订购馆藏", {"0": "未说明", "1": "自动处理", "2": "手工处理"}),
    "1": (
        "流通馆藏",
        {
            "0": "未说明",
            "1": "自动分拣",
            "2": "不能自动分拣",
            "3": "不能脱机",
            "4": "脱机不能归还",
            "5": "脱机不能作业或归还",
        },
    ),
    "2": ("非流通馆藏", {"0": ""}),
    "3": ("本地自定义", {"0": ""}),
    "4": ("本地自定义", {"0": ""}),
    "6": ("无用途信息", {"0": ""}),
    "7": ("被剔除馆藏", {"0": "未说明", "1": "用于出售", "2": "已售", "3": "待处理"}),
    "8": ("读者证", {"0": "未说明", "1": "成人", "2": "青少年", "3": "儿童"}),
    "9": (
        "图书馆设备",
        {"0": "未说明", "1": "计算机", "2": "放映机", "3": "投影仪", "4": "白板"},
    ),
}
"""First nibble of TU → its meaning, and second nibble → what it adds. 5 and A–F are reserved."""

LENT = "1"
"""The first nibble of what circulates; 3 and 4 are shelf labels and enclosed discs by local habit."""
CARD = "8"


def usage(text: str) -> tuple[str, str]:
    """(meaning, what is added) of a TU of two hexadecimal digits; ('预留', '') where none is defined."""
    first, second = (text[:1].upper(), text[1:2].upper())
    if len(text) != 2 or first not in USAGES:
        return ("预留", "")
    meaning, added = USAGES[first]
    return (meaning, added.get(second, ""))
