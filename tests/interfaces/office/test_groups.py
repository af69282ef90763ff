"""集体外借 in the office: a batch opened, lent by a list of scans, printed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shuxiang.apps.exchange import queries
from tests.apps.patrons import people
from tests.documents import pdf
from tests.interfaces.office.conftest import Office
from tests.support import yearly
from tests.support.library import Contexts
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db


def test_a_batch_from_the_card_to_the_printed_list(
    office: Callable[[str], Office], played: Stocked, ctx: Contexts
) -> None:
    group = people.group(ctx(at=yearly.LATER))
    desk = office("desk")
    wrong = desk.post("/office/groups/", card=played.cards["adult"])
    assert wrong.status_code == 422
    assert "集体外借须用集体读者证" in wrong.content.decode()
    opened = desk.post("/office/groups/", card=group.number, note="阅读节")
    path = opened["Location"]
    fields = {"barcodes": "B004\nB005 b005\nB999", "key": "k1"}
    answer = desk.post(path, **fields).content.decode()
    assert "已办 2 册" in answer
    assert "未办 1 册" in answer
    # What failed stays in the box; the same form sent again lends nothing twice.
    assert "B999</textarea>" in answer
    assert "已办 2 册" in desk.post(path, **fields).content.decode()
    (batch,) = queries.batches([played.library.main])
    assert (batch.lent, batch.out) == (2, 2)
    made = desk.http.get(f"{path}list/")
    assert made["Content-Type"] == "application/pdf"
    text = pdf.text(made.content)
    for expected in ("集体外借清单", "实验小学三(2)班", "王芳", "B004", "共2册", "负责人签字"):
        assert expected in text
    desk.post(f"{path}close/")
    page = desk.get(path)
    assert "本批已结束" in page
    assert "全部外借" not in page
