"""A report, slips and cards with every awkward case in them, for the tests of this folder."""

from __future__ import annotations

from datetime import date, datetime

from shuxiang.documents.charts import Chart, Series
from shuxiang.documents.report import (
    AnnualReport,
    Cell,
    Figure,
    Finding,
    Section,
    Table,
)
from shuxiang.documents.slips import ReaderCard, Slip, SlipLine

HOSTILE = '#panic("x") *粗体* ] $x$ <b>&amp; `raw` \\u{4e00} {{jinja}} @ref // 注'
LONG_TITLE = "漂流在星河两岸的六十个汉字组成的一个很长很长的书名它要在小票和借阅单上换行而不能溢出纸边以外哪怕一毫米也不行"
MONTHS = tuple(f"{month}月" for month in range(1, 13))
LOANS = (2210, None, 0, 812, 1904, 2811, 3902, 4120, 2877, 2650, 2433, 2391)
LOANS_BEFORE = (3120, 2890, 3344, 3302, 3510, 3720, 4811, 4902, 3620, 3411, 3300, 3290)
VISITS = (2011, 0, 0, 902, 1820, 2404, 3350, 3603, 2380, 2205, 2101, 2224)
CLC = (
    "A 马克思主义、列宁主义、毛泽东思想、邓小平理论",
    "B 哲学、宗教",
    "C 社会科学总论",
    "D 政治、法律",
    "E 军事",
    "F 经济",
    "G 文化、科学、教育、体育",
    "H 语言、文字",
    "I 文学",
    "J 艺术",
    "K 历史、地理",
    "N 自然科学总论",
    "O 数理科学和化学",
    "P 天文学、地球科学",
    "Q 生物科学",
    "R 医药、卫生",
    "S 农业科学",
    "T 工业技术",
    "U 交通运输",
    "V 航空、航天",
    "X 环境科学、安全科学",
    "Z 综合性图书",
)
BY_CLASS = tuple(7 + 113 * at for at in range(22))

FIGURES = (
    Figure(
        "visit_gate",
        "进馆人次",
        "人次",
        23000,
        previous=41200,
        method="门禁计数，进出双向折半；停电两日由人工登记补录",
        source="设备、人工",
        from_seq=1,
        to_seq=14999,
        href="/statistics/2020/visit_gate/",
    ),
    Figure(
        "visit_gate",
        "进馆人次",
        "人次",
        31450,
        previous=52008,
        scope="含分馆",
        method="门禁计数",
        source="设备、估计",
        from_seq=1,
        to_seq=14999,
        comparable=False,
        previous_note="上年未含服务点",
    ),
    Figure(
        "loan_volumes",
        "外借册次",
        "册次",
        26110,
        previous=43220,
        method="借出一册计一册次，不含续借",
        source="系统",
        from_seq=12,
        to_seq=14998,
        href="/statistics/2020/loan_volumes/",
    ),
    Figure(
        "online_visits",
        "线上服务人次",
        "人次",
        None,
        previous=1200,
        missing_reason="网站改版期间未计数",
        method="网站与小程序访问",
    ),
    Figure(
        "lectures",
        "线上讲座",
        "场次",
        80,
        at_least=True,
        note="部分场次无签到记录，按台账下限计",
        source="人工",
    ),
    Figure(
        "registrations",
        "办证数",
        "张",
        641,
        previous=641,
        source="系统",
        from_seq=3,
        to_seq=9,
    ),
)


def report(*, issued: bool = True, note: str = HOSTILE) -> AnnualReport:
    """The report of a fictional library for 2020."""
    monthly = Chart(
        "monthly",
        "各月外借与进馆",
        "columns_line",
        MONTHS,
        (Series("外借册次（柱）", LOANS), Series("进馆人次（线）", VISITS)),
        "册次、人次",
        "2020 年各月外借册次与进馆人次：7、8 月最高，2 月外借缺数据。",
    )
    against = Chart(
        "against-last-year",
        "外借册次与上年比较",
        "grouped",
        MONTHS,
        (Series("2020 年", LOANS), Series("2019 年", LOANS_BEFORE)),
        "册次",
        "2020 年与 2019 年各月外借册次。",
    )
    classes = Chart(
        "by-class",
        "外借册次按中图法大类",
        "bars",
        CLC,
        (Series("外借册次", BY_CLASS),),
        "册次",
        "外借册次按 22 个大类，I 文学以下递增。",
    )
    by_month = Table(
        "各月业务量",
        ("月份", "进馆人次", "外借册次", "上年外借册次"),
        tuple(
            (
                month,
                visits,
                Cell(loans, href=f"/rows/{at}/", missing_reason="系统切换，数据未补录"),
                before,
            )
            for at, (month, visits, loans, before) in enumerate(
                zip(MONTHS, VISITS, LOANS, LOANS_BEFORE, strict=True), 1
            )
        ),
        total=("合计", sum(VISITS), Cell(26110, at_least=True), sum(LOANS_BEFORE)),
        note="2 月系统切换，外借册次未补录，合计为下限。",
    )
    by_class = Table(
        "外借与新增藏量按中图法大类",
        ("大类", "外借册次", "新增藏量（册）"),
        tuple((name, count, count // 5) for name, count in zip(CLC, BY_CLASS, strict=True)),
        total=("合计", sum(BY_CLASS), sum(count // 5 for count in BY_CLASS)),
    )
    return AnnualReport(
        library_name="星河区图书馆",
        year=2020,
        edition=2,
        issued_on=date(2021, 1, 20) if issued else None,
        scope_note="除注明“含分馆”外，以下数字均为本馆口径。",
        opening=(
            (
                "2020 年，星河区图书馆一手抓防控、一手抓服务，全年进馆 {visit_gate.unit}，"
                "外借 {loan_volumes.unit}，{loan_volumes.change}。现将全年工作报告如下："
            ),
        ),
        sections=(
            Section(
                "疫情防控与有序开放",
                (
                    (
                        "闭馆期间，图书馆把服务搬到线上，举办线上讲座 {lectures.unit}；"
                        "线上服务人次{online_visits}。"
                    ),
                ),
            ),
            Section(
                "阵地服务",
                ("全年各项业务数据如下，含分馆进馆 {visit_gate|含分馆.unit}。",),
                figures=("visit_gate", "loan_volumes", "online_visits", "lectures"),
                charts=(monthly, against),
                parts=(
                    Section(
                        "办证服务",
                        ("全年办证 {registrations.unit}，{registrations.change}。",),
                    ),
                    Section(
                        "馆藏利用",
                        ("读者最爱文学。" + note.replace("{", "{{").replace("}", "}}"),),
                    ),
                ),
            ),
            Section("群众文化活动", ("活动多次举办。" * 30,)),
            Section("党建工作", ("组织学习。",)),
            Section("队伍建设", ("参加培训。",)),
            Section("存在问题", ("一是资源统筹不够；二是特色不够明显。",)),
        ),
        figures=FIGURES,
        findings=(
            Finding(
                "外借册次不大于进馆人次",
                "外借册次 26110，进馆人次 23000。",
                "外借含自助借还机与服务点，进馆只计总馆门禁，两者范围不同。",
                "馆长 李某某",
                date(2021, 1, 18),
            ),
        ),
        appendix=(
            Section("各月业务量", tables=(by_month,)),
            Section("按中图法大类统计", tables=(by_class,), charts=(classes,)),
        ),
    )


def loan_slip() -> Slip:
    """A slip with a long title, hostile titles and a title in other scripts."""
    return Slip(
        "loan",
        "星河区图书馆",
        "总馆一楼服务台",
        datetime(2020, 7, 3, 15, 4),
        "王馆员",
        reader_name="李*明",
        card_number="XH2020****17",
        lines=(
            SlipLine(LONG_TITLE, "01100002345678", date(2020, 8, 2)),
            SlipLine(HOSTILE, "01100002345679", date(2020, 8, 2), "请先还后借"),
            SlipLine(
                "A Very Long English Title about Rivers, Boats and the People of the Delta",
                "X-9",
            ),
            SlipLine("紅樓夢・ゆき・나무", "01100002345680", date(2020, 8, 2)),
        ),
    )


def cards() -> tuple[ReaderCard, ...]:
    """Twelve cards, so that there are two pages."""
    return tuple(
        ReaderCard(
            f"XH202000{at:04d}",
            "阿卜杜热西提·买买提明·玉素甫江" if at == 3 else f"读者{at}",
            "成人读者",
            date(2025, 12, 31),
        )
        for at in range(1, 13)
    )
