"""荐购 for readers, without script (row I2), and the public list of thanks (row I3)."""

from __future__ import annotations

import pytest
from django.test import Client

from shuxiang.apps.acquisitions import queries
from shuxiang.kernel.ids import new_id
from tests.interfaces.portal.conftest import text_of
from tests.interfaces.portal.test_account import PIN as PIN
from tests.interfaces.portal.test_account import reader as reader
from tests.interfaces.portal.test_account import see
from tests.interfaces.portal.test_account import slip as slip
from tests.interfaces.portal.test_account import stocked as stocked
from tests.interfaces.portal.test_account import time as time
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db


def test_i2_a_reader_suggests_and_sees_what_becomes_of_it(reader: Client, stocked: Stocked) -> None:
    assert "荐购图书" in see(reader, "/account/")
    assert 'value="百年孤独"' in reader.get("/suggest/?title=百年孤独").content.decode()
    wanted = {
        "title": "百年孤独",
        "hold": "1",
        "pickup": stocked.library.east,
        "request_key": new_id(),
    }
    for _twice in range(2):
        done = reader.post("/suggest/", wanted, follow=True)
        assert "谢谢您的荐购，有结果会通知您。" in text_of(done.content)
    (mine,) = queries.suggestions_of(stocked.patrons["adult"])
    assert "百年孤独 待答复" in see(reader, "/suggest/")
    done = reader.post(f"/suggest/{mine.id}/withdraw/", {"request_key": new_id()}, follow=True)
    assert "荐购已撤回。" in text_of(done.content)
    assert queries.suggestions_of(stocked.patrons["adult"]) == ()


def test_i2_what_is_here_is_offered_for_reservation(reader: Client, stocked: Stocked) -> None:
    wanted = {"title": "三体", "pickup": stocked.library.east, "request_key": new_id()}
    answer = reader.post("/suggest/", wanted)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "本馆已有" in text_of(answer.content)
    assert f"/title/{stocked.titles[1]}/reserve/" in page
    assert 'name="anyway"' in page
    wanted |= {"request_key": new_id(), "isbn": "12345"}
    answer = reader.post("/suggest/", wanted)
    assert "12345 不是 ISBN" in text_of(answer.content)
    assert queries.suggestions_of(stocked.patrons["adult"]) == ()
    wanted |= {"request_key": new_id(), "isbn": "", "anyway": "1"}
    assert reader.post("/suggest/", wanted).status_code == 302


def test_suggesting_needs_the_reader(reader: Client) -> None:
    answer = Client().get("/suggest/?title=三体")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/sign-in/?next=%2Fsuggest%2F")


def test_i3_nobody_is_thanked_by_name_who_did_not_agree(reader: Client) -> None:
    assert "还没有名单" in text_of(reader.get("/thanks/").content)
