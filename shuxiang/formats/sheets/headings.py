"""Which column is what: headings seen in exports of Chinese library systems, and our field names.

Compared after NFKC, without blanks, colons, asterisks and ``$``, in lower case; a heading that does
not fit is tried again without what stands in brackets.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from shuxiang.formats.identifiers import narrow

SheetKind = Literal["holdings", "readers", "loans", "holds", "debts"]
KINDS: Final[tuple[SheetKind, ...]] = ("loans", "holds", "debts", "readers", "holdings")
"""In the order they are tried: a list of loans, holds or debts has columns of readers and of books too."""

_BOOK: Final = {
    "barcode": "条码号 条形码 条形码号 条码 图书条码 图书条码号 馆藏条码 馆藏条码号 册条码 册条码号 文献条码 barcode items.barcode",
    "title": "题名 正题名 书名 题名与责任者 题名/责任者 图书名称 文献题名 刊名 名称 200a title biblio.title",
}
_HOLDINGS: Final = _BOOK | {
    "accession": "登录号 财产号 财产登记号 登记号 总登记号 总括号 个别登记号 财产帐号 regno",
    "call_number": "索书号 索取号 排架号 callno itemcallnumber",
    "class_no": "分类号 中图分类号 中图法分类号 中图法 图书分类号 690a",
    "book_no": "种次号 书次号 著者号 流水号 同类区分号",
    "library": "所属馆 馆代码 馆名 所属馆代码 所属分馆 分馆 分馆名称 典藏馆 馆别 orglib homebranch",
    "location": "馆藏地点 馆藏地 馆藏地址 典藏部门 典藏地 典藏地点 库位 所在书库 馆藏位置 所属馆藏地点代码 orglocal permanent_location",
    "holder": "当前馆 所在馆 当前所在馆 当前馆代码 curlib holdingbranch",
    "cur_location": "当前馆藏地点 当前馆藏地 当前馆藏地点代码 现藏址 现馆藏地 curlocal",
    "item_type": "流通类型 文献流通类型 图书类型 文献类型 借阅类型 流通类型代码 cirtype itype",
    "status": "馆藏状态 状态 书刊状态 流通状态 文献状态 state",
    "price": "价格 单价 定价 码洋 图书价格 singleprice 010d replacementprice",
    "set_price": "套价 总价 totalprice",
    "copies": "复本数 复本量 册数 数量 volnum",
    "volume": "卷册号 卷次 分卷号 卷期 卷册 卷册信息 分册号 volinfo enumchron",
    "in_date": "入藏日期 入库时间 入库日期 典藏日期 登记日期 验收日期 indate regdate dateaccessioned",
    "source": "来源 文献来源 采购来源 书商 供应商",
    "subtitle": "副题名 副书名 其他题名信息 200e",
    "author": "责任者 第一责任者 作者 著者 著作责任者 著译者 200f author",
    "publisher": "出版社 出版者 出版单位 出版发行 210c publishercode",
    "pub_place": "出版地 210a",
    "pub_date": "出版日期 出版时间 出版年 出版年月 210d copyrightdate",
    "isbn": "isbn isbn号 国际标准书号 标准编号 标准书号 书号 010a",
    "issn": "issn 国际标准刊号",
    "pages": "页数 页码 载体形态 215a",
    "size": "尺寸 开本 215d",
    "series": "丛书名 丛编 丛编题名 丛书 225a",
    "edition": "版次 版本 版本说明 205a",
    "subject": "主题词 主题 关键词 606a",
    "summary": "内容简介 内容提要 提要 摘要 简介 330a",
    "language": "语种 文种 101a",
}
_CARD: Final = (
    "读者证号 读者条码 读者条码号 证号 证条码号 借书证号 借书证 卡号 读者卡号 借阅证号 "
    "读者证条码 rdid cardno cardnumber borrowers.cardnumber"
)
_READERS: Final = {
    "card_no": _CARD,
    "name": "姓名 读者姓名 名字 name surname",
    "given_name": "firstname",
    "id_no": "身份证号 身份证号码 身份证 证件号码 证件号 社会保障号",
    "id_type": "证件类型 证件种类",
    "reader_type": "读者类型 证类型 读者级别 读者流通类型 读者类别 categorycode",
    "gender": "性别 sex",
    "birth": "出生日期 生日 出生年月 出生年月日 dateofbirth",
    "phone": "手机 手机号 手机号码 联系电话 电话 电话号码 移动电话 mobile phone",
    "address": "地址 住址 联系地址 家庭住址 家庭地址",
    "unit": "单位 工作单位 学校 班级",
    "home_library": "开户馆 办证馆 所属馆 发证馆 馆代码 分馆 branchcode",
    "issue_date": "办证日期 开户日期 发证日期 注册日期 启用日期 办证时间 dateenrolled",
    "expire_date": "失效日期 有效期至 终止日期 到期日期 有效期 截止日期 有效日期 dateexpiry",
    "deposit": "押金 保证金 押金余额",
    "debt": "欠款 欠费 滞纳金 欠款金额",
    "reader_status": "读者状态 证状态 状态",
    "guardian": "监护人 监护人姓名 家长 家长姓名 联系人",
    "guardian_id": "监护人身份证 监护人身份证号 监护人证件号 监护人证件号码 家长身份证号",
    "guardian_phone": "监护人电话 监护人手机 监护人手机号 家长电话 家长手机",
    "relation": "关系 与读者关系 监护关系",
    "note": "备注 附注 说明 borrowernotes",
    "pin": "密码 读者密码 口令 password pin",
}
_LOANS: Final = _BOOK | {
    "card_no": _CARD,
    "name": "姓名 读者姓名",
    "loan_date": "借出日期 借出时间 借阅时间 借阅日期 借书日期 借书时间 外借时间 外借日期 loandate issuedate",
    "due_date": "应还日期 应还时间 到期日期 应归还日期 returndate date_due",
    "return_date": "还书日期 归还日期 还回时间 还回日期 实还日期",
    "renew_count": "续借次数 已续借次数 续借 renewcount renewals renewals_count",
    "library": "所属馆 馆代码 馆名 馆藏馆",
    "lending_place": "借出馆 借书地点 借出地点 借阅馆 外借地点 branchcode",
    "operator": "操作员 经办人 操作人",
}

_HOLDS: Final = _BOOK | {
    "card_no": _CARD,
    "name": "姓名 读者姓名",
    "hold_date": "预约日期 预约时间 预约登记日期 预借日期 预借时间 reservedate",
    "until_date": "预约截止日期 预约失效日期 预约有效期 预约有效期至 expirationdate",
    "pickup": "取书地点 取书馆 取书点 预约取书地点 提书地点 branchcode",
    "library": "所属馆 馆代码 馆名 馆藏馆",
}
_DEBTS: Final = _BOOK | {
    "card_no": _CARD,
    "name": "姓名 读者姓名",
    "amount": "欠款金额 欠费金额 欠款 欠费 应缴金额 应付金额 罚款金额 金额 amountoutstanding",
    "debt_date": "欠款日期 欠费日期 费用日期 罚款日期 产生日期 发生日期 date",
    "debt_kind": "费用类型 欠款类型 欠费类型 费用项目 欠款原因 罚款原因 accounttype debit_type_code",
    "note": "备注 附注 说明 description",
}


def folded(heading: str) -> str:
    """A heading as it is compared."""
    return re.sub(r"[\s::*$■●]", "", narrow(heading)).lower()


def _table(fields: dict[str, str]) -> dict[str, str]:
    return {folded(text): field for field, texts in fields.items() for text in texts.split()}


FIELDS: Final[dict[SheetKind, tuple[str, ...]]] = {
    "holdings": tuple(_HOLDINGS),
    "readers": tuple(_READERS),
    "loans": tuple(_LOANS),
    "holds": tuple(_HOLDS),
    "debts": tuple(_DEBTS),
}
_TABLES: Final[dict[SheetKind, dict[str, str]]] = {
    "holdings": _table(_HOLDINGS),
    "readers": _table(_READERS),
    "loans": _table(_LOANS),
    "holds": _table(_HOLDS),
    "debts": _table(_DEBTS),
}
NEEDED: Final[dict[SheetKind, tuple[tuple[str, ...], ...]]] = {
    "holdings": (("barcode",), ("title",)),
    "readers": (("card_no",), ("name",)),
    "loans": (("barcode",), ("card_no",), ("loan_date", "due_date")),
    "holds": (("barcode",), ("card_no",), ("hold_date",)),
    "debts": (("card_no",), ("amount",), ("debt_date", "debt_kind")),
}
"""Columns without which a list is not of that kind: one of each group."""

FREE_TEXTS: Final = frozenset(
    [
        "title",
        "subtitle",
        "author",
        "publisher",
        "pub_place",
        "pub_date",
        "pages",
        "size",
        "series",
        "edition",
        "subject",
        "summary",
        "accession",
        "call_number",
        "class_no",
        "book_no",
        "volume",
        "name",
        "given_name",
        "guardian",
        "unit",
        "address",
        "note",
    ]
)
"""Columns whose cells are taken as they are, unless they hold a formula without a result or an error."""

CODED: Final[dict[SheetKind, tuple[str, ...]]] = {
    "holdings": ("library", "holder", "location", "cur_location", "item_type", "status", "source"),
    "readers": ("home_library", "reader_type", "reader_status", "id_type", "gender", "relation"),
    "loans": ("library", "lending_place"),
    "holds": ("library", "pickup"),
    "debts": (),
}
"""Columns whose few values stand for something of ours and can be mapped one by one."""


def field_of(heading: str, kind: SheetKind) -> str:
    """Our name of the column with this heading in a list of that kind; '' for none."""
    table = _TABLES[kind]
    plain = folded(heading)
    return table.get(plain) or table.get(re.sub(r"[(\[<【].*?[)\]>】]", "", plain), "")
