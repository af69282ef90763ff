"""What other systems call reader categories, card states, documents and relations, and we call them.

Every import may map them otherwise (`SheetMap.values`).
"""

from __future__ import annotations

from typing import Final

from shuxiang.apps.catalog.commands.sheets import folded

CLOSED, TO_VERIFY, SUSPENDED = "closed", "verify", "suspended"
"""Card states of the list that are none of ours: the account is set aside; the card is active and
the reader to be verified; the card is active and lending stopped until a clerk lifts it."""

CATEGORIES: Final = {
    "adult": "成人 成人读者 成人证 普通读者 普通证 普通 一般读者 大众读者 A",
    "child": "少儿 少儿读者 少儿证 儿童 儿童读者 未成年 未成年读者 学生 小学生 中学生 学生证",
    "senior": "老年 老年读者 老年证 老人",
    "disabled": "残障 残疾 残疾人 残障读者 特殊读者 视障",
    "group": "集体 集体证 单位 单位读者 团体 团体证 集体读者 机构",
    "staff": "馆员 工作人员 职工 本馆职工 内部读者 员工",
    "temporary": "临时 临时证 临时读者 短期",
    "family": "家庭 家庭证 亲子 亲子证",
}
STATES: Final = {
    "active": "有效 正常 信用有效 启用 可用 在用 1 active",
    TO_VERIFY: "验证 待验证 待审核",
    "lost": "挂失 已挂失 丢失",
    SUSPENDED: "暂停 停用 停借 冻结 锁定 黑名单",
    CLOSED: "注销 已注销 退证 已退证 作废 销户",
}
DOCUMENTS: Final = {
    "idcard": "身份证 居民身份证 二代身份证 二代证 1 01",
    "hukou": "户口簿 户口本 户口",
    "passport": "护照",
    "hk-macau-permit": "港澳通行证 回乡证 港澳居民来往内地通行证",
    "taiwan-permit": "台胞证 台湾居民来往大陆通行证",
    "hmt-residence": "港澳台居民居住证 居住证",
    "foreigner-permanent": "外国人永久居留证 外国人永久居留身份证",
    "officer": "军官证 士兵证 警官证",
}
SEXES: Final = {"M": "男 男性 m 1", "F": "女 女性 f 2"}
RELATIONS: Final = {"parent": "父母 父亲 母亲 爸爸 妈妈 父子 母子 父女 母女 家长 监护人"}


def _table(words: dict[str, str]) -> dict[str, str]:
    return {folded(text): code for code, texts in words.items() for text in texts.split()}


CATEGORY_OF: Final = _table(CATEGORIES)
STATE_OF: Final = _table(STATES)
DOCUMENT_OF: Final = _table(DOCUMENTS)
SEX_OF: Final = _table(SEXES)
