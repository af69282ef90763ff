"""The settings a place can say, with their defaults. Documented in `docs/settings.md`, whose table
`make docs` writes from here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Known:
    """A setting that exists: its default, what kind of value it takes, what it means."""

    key: str
    default: Any
    kind: type
    about: str
    about_zh: str
    choices: tuple[str, ...] = ()
    shape: str = ""
    """Pattern of a text's whole, in a setting that takes no other."""
    most: int = 10_000
    """The largest number it takes."""

    def takes(self, value: Any) -> bool:
        """Whether a value of the right kind is a sensible one: no number is negative or beyond
        `most`."""
        if self.choices:
            return value in self.choices
        if self.shape:
            return re.fullmatch(self.shape, value, re.ASCII) is not None
        return self.kind is not int or 0 <= value <= self.most


_BETWEEN = "[,，、\\s]+"


def _listed(one: str, between: str = _BETWEEN) -> str:
    """The pattern of a list of ``one``, which may be empty."""
    return f"(?:{one}(?:{between}{one})*)?"


KNOWN = {
    k.key: k
    for k in (
        Known(
            "calendar.open_on_holidays",
            True,
            bool,
            "whether public holidays are opening days where the calendar names nothing else",
            "法定节假日是否照常开放（日历另有说明的除外）",
        ),
        Known(
            "cards.number_prefix",
            "",
            str,
            "what card numbers begin with",
            "读者证号前缀",
            shape="[A-Za-z0-9]{0,12}",
        ),
        Known(
            "cards.by_machine",
            "child adult senior",
            str,
            "reader categories a self-service machine issues cards of, by age, blank separated",
            "自助办证机可办的读者类型（按年龄选用），代码以空格分隔",
            shape=_listed("[a-z0-9_-]+", " +"),
        ),
        Known("cards.number_digits", 8, int, "digits after the prefix", "证号流水位数"),
        Known(
            "items.barcode_length",
            0,
            int,
            "length every item barcode has; 0: any",
            "馆藏条码长度，0 为不限",
        ),
        Known(
            "stock.withdraw_one",
            False,
            bool,
            "whether a book may be withdrawn on its own page, without a list that others review and "
            "approve",
            "是否可在单册页直接注销（关闭则须列入剔旧清单，经审核、批准）",
        ),
        Known(
            "rfid.owners",
            "",
            str,
            "owner institutions (ISIL) whose RFID labels count as ours, blank separated; empty: any",
            "视为本馆的 RFID 所属机构代码（ISIL），空格分隔；空为不核对",
            shape=_listed("[!-~]+", " +"),
        ),
        Known(
            "catalog.protected_fields",
            "690 9XX",
            str,
            "MARC fields no record of another library replaces, blank separated, X for any digit",
            "套录覆盖时保留的本馆字段（MARC 字段号，空格分隔，X 代表任意数字）",
            shape=_listed("[0-9Xx]{3}", " +"),
        ),
        Known(
            "items.barcode_prefix",
            "",
            str,
            "what new item barcodes begin with",
            "馆藏条码前缀",
            shape="[A-Za-z0-9]{0,12}",
        ),
        Known(
            "items.barcode_digits",
            0,
            int,
            "digits after the prefix of barcodes the library gives out itself; 0: none are given out",
            "自编条码流水位数，0 为不自编（只用预印条码）",
        ),
        Known(
            "items.numbering",
            "library",
            str,
            "`library`: one 种次号 series for the whole library; `branch`: each branch its own",
            "种次号取号范围：library 全馆一套，branch 各分馆各一套",
            choices=("library", "branch"),
        ),
        Known(
            "items.numbering_apart",
            "none",
            str,
            "which items have a 种次号 series of their own: `none`, each item `category`, each "
            "`location`",
            "种次号另起一套的单位：none 不分，category 按流通类型，location 按馆藏地点",
            choices=("none", "category", "location"),
        ),
        Known(
            "items.author_numbers",
            "prefix",
            str,
            "how author numbers are looked up in the imported table: `prefix`, the longest beginning "
            "of the name or its pinyin; `corner`, four-corner codes of its characters",
            "著者号取号方法：prefix 按姓名（或拼音）最长的开头，corner 按四角号码",
            choices=("prefix", "corner"),
        ),
        Known(
            "items.volume_sign",
            "",
            str,
            "what marks a volume behind the book number, `{n}` for its number, such as `:{n}`; empty: "
            "nothing",
            "卷次的辅助区分号，{n} 为卷次，如 :{n}；空为不加",
        ),
        Known(
            "items.edition_sign",
            "",
            str,
            "what marks an edition behind the book number, `{n}` for its number, such as `={n}`; "
            "empty: nothing",
            "版次的辅助区分号，{n} 为版次，如 ={n}；空为不加",
        ),
        Known(
            "labels.custom",
            "",
            str,
            "a label sheet of one's own, in mm: `columns x rows width x height left top gap-x gap-y`, "
            "such as `3x8 70x37 0 0.5 0 0`",
            "自定义标签纸（毫米）：列x行 宽x高 左边距 上边距 列距 行距，如 3x8 70x37 0 0.5 0 0",
        ),
        Known(
            "lending.adult_age",
            18,
            int,
            "from this age on a reader is lent age-marked books whatever their mark",
            "满多少周岁起，带年龄标识的书一律可借",
        ),
        Known(
            "lending.age_marks",
            "14,16,18",
            str,
            "the age marks offered for titles and items, in completed years",
            "书目与馆藏可选的年龄标识（周岁，逗号分隔）",
            shape=_listed("[0-9]{1,2}"),
        ),
        Known(
            "portal.age_marked",
            "mark",
            str,
            "age-marked titles in a minor's search results: `mark` shows them with their mark, "
            "`hide` leaves them out",
            "未成年读者登录后检索到带年龄标识的书目时：mark 显示并标明，hide 不显示",
            choices=("mark", "hide"),
        ),
        Known(
            "privacy.history_days",
            365,
            int,
            "days after return until a loan no longer names its reader",
            "归还多少天后隐去借阅者",
        ),
        Known(
            "portal.idle_minutes",
            30,
            int,
            "minutes without a page until a reader is signed out",
            "读者多少分钟无操作后自动退出登录",
        ),
        Known(
            "portal.session_hours",
            12,
            int,
            "hours after which a reader signs in anew in any case",
            "读者登录最长保持多少小时",
        ),
        Known(
            "desk.idle_minutes",
            15,
            int,
            "minutes without a key or scan until the desk is locked; 0: never",
            "服务台多少分钟无操作后锁屏，0 为不锁",
        ),
        Known(
            "desk.paper_days",
            7,
            int,
            "how many days back what was written on paper may be entered",
            "手工登记最多可补录多少天前的",
        ),
        Known(
            "fees.at_desk",
            False,
            bool,
            "whether money is handled: charges, payments and deposits at the desk (off: nothing is)",
            "是否收费：服务台收取欠费、押金（关闭则不收）",
        ),
        Known(
            "fees.stop_renewals",
            False,
            bool,
            "whether what stops lending for money (fees owed above the limit, no points left) stops "
            "renewals too, where the loan was made",
            "欠费超限、信用分用完时，是否也不能续借（看借出地点）",
        ),
        Known(
            "fees.stop_holds",
            False,
            bool,
            "whether what stops lending for money (fees owed above the limit, no points left) stops "
            "reservations too, where they would be picked up",
            "欠费超限、信用分用完时，是否也不能预约（看取书地点）",
        ),
        Known(
            "in_house.repeat_minutes",
            10,
            int,
            "minutes within which a second in-house use of an item is not counted",
            "多少分钟内同一册重复扫描不重复计阅览",
        ),
        Known(
            "machines.code",
            "",
            str,
            "what machines know this place by (SIP2 AQ, CT; an ISIL, say); empty: its code. Not "
            "inherited",
            "设备所认的馆代码（SIP2 的 AQ、CT 等，如 ISIL），空则用本馆代码，不下传",
        ),
        Known(
            "desk.hold_slips",
            "ask",
            str,
            "`ask`: a hold slip is printed on demand; `always`: at once when a book is set aside",
            "预约小票：ask 需要时打印，always 留书时即打",
            choices=("ask", "always"),
        ),
        Known(
            "holds.pickup",
            True,
            bool,
            "whether readers can pick up holds here",
            "读者可否选这里为预约取书点",
        ),
        Known(
            "report.scope",
            "subtree",
            str,
            "`subtree`: the annual report includes branches; `main`: this place alone",
            "年报范围：subtree 含分馆，main 仅本馆",
            choices=("subtree", "main"),
        ),
        Known(
            "notices.on",
            True,
            bool,
            "whether readers are told of due dates and overdue loans",
            "是否提醒读者到期和逾期",
        ),
        Known(
            "notices.due_soon_days",
            3,
            int,
            "how many days ahead a due date is told; 0: not at all",
            "到期前几天提醒，0 为不提醒",
        ),
        Known(
            "notices.overdue_days",
            "1,7,30",
            str,
            "after how many days overdue a reader is told, once each",
            "逾期第几天催还（各一次），用逗号隔开",
            shape=_listed("[0-9]{1,3}"),
        ),
        Known(
            "notices.send_hour",
            8,
            int,
            "the hour from which loans are looked through on an open day",
            "开放日几点起查到期和逾期（时）",
            most=23,
        ),
        Known(
            "notices.quiet_from",
            21,
            int,
            "the hour from which readers are left alone",
            "免打扰从几点开始（时）",
            most=23,
        ),
        Known(
            "notices.quiet_to",
            8,
            int,
            "the hour at which quiet hours end; the same as their beginning: none",
            "免打扰到几点结束（时），与开始相同为不设",
            most=23,
        ),
        Known(
            "notices.default_channels",
            "",
            str,
            "channels used for readers who said neither yes nor no: email, sms, wechat",
            "读者没有表示过时也使用的渠道：email 邮件、sms 短信、wechat 微信，用逗号隔开",
            shape=_listed("(?:email|sms|wechat)"),
        ),
        Known(
            "notices.sms_titles",
            False,
            bool,
            "whether text messages may name books",
            "短信里是否可以写书名",
        ),
        Known(
            "notices.keep_days",
            90,
            int,
            "days after which what readers were told is deleted",
            "发给读者的消息保留多少天",
        ),
        Known(
            "visits.limit",
            0,
            int,
            "how many people may be inside at once; 0: no limit",
            "馆内同时最多多少人，0 为不限",
        ),
        Known(
            "visits.public",
            True,
            bool,
            "whether readers see how many are inside",
            "是否向读者显示在馆人数",
        ),
        Known(
            "visits.keep_days",
            30,
            int,
            "days after which single passes of a gate are deleted; the counts stay",
            "闸机逐条进出记录保留多少天，到期删除，只留计数",
        ),
    )
}
