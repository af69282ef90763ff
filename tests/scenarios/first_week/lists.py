"""The old system's lists, as a library of the size of a shelf would hand them over on a Monday."""

from __future__ import annotations

from pathlib import Path

from tests.apps.patrons import people
from tests.apps.stock.sheet_files import holding, xlsx

READERS = ("读者证号", "姓名", "身份证号", "读者类型", "开户馆", "办证日期", "失效日期", "押金")
LOANS = ("条码号", "读者证号", "借出日期", "应还日期", "续借次数", "借出馆")
TITLES = ("红楼梦", "三体", "活着", "昆虫记")


def holdings(path: Path) -> Path:
    """Twelve items of four titles: three at the east branch, three on loan, one lost, and one whose
    barcode Excel has eaten."""
    rows = []
    for number in range(12):
        title = number % 4
        rows.append(
            holding(
                f"{number + 1:07d}",
                题名=TITLES[title],
                ISBN="",
                责任者="",
                索书号=f"I247.{5 + title}/{title + 1}",
                单价="￥20.00",
                所属馆="东区分馆" if number >= 9 else "总馆",
                馆藏地点="",
                状态={1: "借出", 2: "借出", 3: "借出", 4: "丢失"}.get(number, "在馆"),
                入藏日期="2019-05-06",
                来源="购买",
            )
        )
    rows.append(holding("1.23E+13", 馆藏地点=""))
    return xlsx(path, rows, above=[["澄榆区图书馆馆藏清单"], ["2020年6月8日导出"]])


def readers(path: Path, *, late: bool = False) -> Path:
    """Two readers, one with a deposit; ``late`` the one that was forgotten."""
    rows = [
        ["A001", "李四", people.LI, "成人", "总馆", "2018/3/4", "2023-03-04", "100元"],
        ["A002", "王芳", people.WANG, "成人", "东区分馆", "2019.5.6", "2024-05-06", ""],
    ]
    forgotten = ["A003", "赵敏", "", "成人", "总馆", "2019-01-02", "2024-01-02", ""]
    return xlsx(path, [forgotten] if late else rows, headings=READERS)


def loans(path: Path, *, late: bool = False) -> Path:
    """Three open loans, one of a reader no list has; ``late`` that one alone."""
    rows = [
        ["0000002", "A001", "2020-05-20", "2020-06-19", 0, "总馆"],
        ["0000003", "A002", "2020-05-21", "2020-06-20", 1, "东区分馆"],
        ["0000004", "A003", "2020-05-22", "2020-06-21", 0, "总馆"],
    ]
    return xlsx(path, rows[2:] if late else rows, headings=LOANS)
