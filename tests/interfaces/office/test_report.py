"""The annual report in the office: figures, their rows, explanations, text, publishing; W4."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from shuxiang.interfaces.common import printing
from shuxiang.kernel.ids import new_id
from shuxiang.statistics import commands as statistics
from shuxiang.statistics import daily, queries
from shuxiang.statistics.models import Narrative
from tests.interfaces.office.conftest import Office, text_of
from tests.support.library import Contexts
from tests.support.stocked import Stocked
from tests.support.yearly import LATER

At = Callable[[str], Office]
REPORT = {"year": "2020", "place": "main", "scope": "subtree"}


@pytest.fixture
def contradiction(played: Stocked, ctx: Contexts) -> str:
    """Fewer visits than borrowers, as in the report of 2020; the finding's fingerprint."""
    (entry,) = queries.entries((played.library.main,), date(2020, 1, 1), date(2020, 12, 31))
    statistics.correct_visits(
        entry=entry.id, number=0, why="登记本作废", ctx=ctx("desk", at=LATER, key=new_id())
    )
    daily.refresh()
    from shuxiang.statistics import report
    from shuxiang.statistics.figures import SCOPES

    found = report.draft(2020, place=played.library.main, scope=SCOPES["subtree"])
    return found.unexplained[0].fingerprint


def test_figures_lead_to_their_rows(office: At, played: Stocked) -> None:
    director = office("director")
    answer = director.http.get("/office/report/", REPORT)
    page = text_of(answer)
    assert "外借册次 2 " in page
    assert "进馆人次 120 " in page
    assert "没有矛盾" in page or "备注" in page
    hrefs = re.findall(r'href="(/office/statistics/2020/(\w+)/[^"]*)"', answer.content.decode())
    assert {"loan_vol", "visit_gate", "read_vol", "cards_new", "coll"} <= {
        code for _, code in hrefs
    }
    for href, code in hrefs:
        page = director.get(href.replace("&amp;", "&"))
        assert "条流水" in page, code


def test_rows_are_free_of_readers(office: At, played: Stocked) -> None:
    page = office("director").get(
        "/office/statistics/2020/loan_vol/", place="main", scope="subtree"
    )
    assert "2 条流水" in page
    assert "B001" in page
    assert "B002" in page
    for secret in (*played.cards.values(), *played.patrons.values(), "李"):
        assert secret not in page
    june = office("director").get("/office/statistics/2020/loan_vol/", place="main", month="6")
    assert "2 条流水" in june
    may = office("director").get("/office/statistics/2020/loan_vol/", place="main", month="5")
    assert "没有流水" in may


def test_unknown_indicator_is_404(office: At) -> None:
    office("director").get("/office/statistics/2020/nonsense/", 404)
    office("director").get("/office/statistics/2020/open_days/", place="main")


def test_a_year_without_data_says_so(office: At) -> None:
    assert "总馆 1999 年没有数据" in office("director").get("/office/report/", year="1999")


def test_w4_a_contradiction_is_explained_before_publishing(
    office: At, played: Stocked, contradiction: str
) -> None:
    director = office("director")
    page = director.get("/office/report/", **REPORT)
    assert "矛盾 外借人次 1 大于进馆人次 0" in page
    assert "还有 " in page
    answer = director.post("/office/report/publish/", **REPORT)
    assert answer.status_code == 302
    assert queries.editions() == ()
    for fingerprint in {f.fingerprint for f in _open(played)}:
        answer = director.post(
            "/office/report/explain/", **REPORT, fingerprint=fingerprint, text="登记本遗失"
        )
        assert answer["Location"].endswith("#checks")
    page = director.get("/office/report/", **REPORT)
    assert "已说明 外借人次 1 大于进馆人次 0" in page
    assert "登记本遗失" in page
    answer = director.post("/office/report/publish/", **REPORT)
    assert answer["Location"] == "/office/editions/"
    assert [(e.year, e.number) for e in queries.editions()] == [(2020, 1)]


def _open(played: Stocked) -> Any:
    from shuxiang.statistics import report
    from shuxiang.statistics.figures import SCOPES

    return report.draft(2020, place=played.library.main, scope=SCOPES["subtree"]).unexplained


def test_published_once_and_seen_by_everybody(
    office: At, played: Stocked, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    monkeypatch.setattr(printing, "start", lambda document: begun.append(document) or Path("/none"))
    public = Client()
    assert "2020 年年报尚未发布" in text_of(_page(public, "/report/2020/", 404))
    director = office("director")
    key = new_id()
    for _ in range(2):
        assert director.post("/office/report/publish/", **REPORT, key=key).status_code == 302
    (edition,) = queries.editions()
    assert begun[0] == edition.document
    page = director.get("/office/editions/")
    assert "2020 总馆 含分馆 1 2021-03-02" in page
    assert "完好" in page
    shown = text_of(_page(public, "/report/2020/"))
    assert "总馆 2020 年年报" in shown
    assert "2020 年，第 1 版" in text_of(_page(public, "/report/"))
    numbers = json.loads(_page(public, "/report/2020/subtree-1/figures.json").content)
    assert numbers["loan_vol"]["value"] == 2
    assert _page(public, "/report/2020/subtree-2/", 404).status_code == 404
    # A second edition must say what it corrects.
    director.post("/office/report/publish/", **REPORT)
    assert len(queries.editions()) == 1


def _page(http: Client, path: str, status: int = 200) -> Any:
    answer = http.get(path)
    assert answer.status_code == status
    return answer


def test_files_of_a_report_are_drawn_beside_the_request(office: At, played: Stocked) -> None:
    """The web process draws nothing itself, and answers 503 while it isn't ready."""
    director = office("director")
    director.post("/office/report/publish/", **REPORT)
    (edition,) = queries.editions()
    assert printing.file(edition.document, "annual-report-2020.pdf", patience=90) is not None
    public = Client()
    for name, begins in (
        ("annual-report-2020.pdf", b"%PDF"),
        ("annual-report-2020.docx", b"PK"),
        ("annual-report-2020.html", b"<!DOCTYPE html>"),
    ):
        answer = public.get(f"/report/2020/subtree-1/{name}")
        assert answer.status_code == 200
        assert b"".join(answer.streaming_content).startswith(begins)  # type: ignore[attr-defined]
    charts = re.findall(r'<img src="(/report/[^"]+)"', public.get("/report/2020/").content.decode())
    assert charts
    for address in charts:
        answer = public.get(address)
        assert answer.headers["Content-Type"] == "image/svg+xml"
        assert b"<svg" in b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    for name in ("annual-report-2019.pdf", "..%2f..%2fsecret.key", "chart-none.svg", "x"):
        assert public.get(f"/report/2020/subtree-1/{name}").status_code == 404
    answer = director.http.get("/office/report/draft/figures.json", REPORT)
    assert json.loads(answer.content)["visit_gate"]["value"] == 120


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ({}, "annual-report-2020.docx"),
        ({"choose": "1", "charts": "1"}, "annual-report-2020.docx"),
        ({"choose": "1"}, "annual-report-2020-text.docx"),
    ],
)
def test_the_word_form_with_or_without_charts(
    office: At,
    played: Stocked,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    asked: dict[str, str],
    name: str,
) -> None:
    """The tick of the form decides; a plain link has the charts."""
    page = office("director").http.get("/office/report/", REPORT).content.decode()
    assert re.search(r'action="/office/report/draft/annual-report-2020.docx"', page)
    assert 'name="charts" value="1" checked' in page

    def drawn(document: str, name: str) -> Path:
        path = tmp_path / name
        path.write_bytes(name.encode())
        return path

    monkeypatch.setattr(printing, "file", drawn)
    answer = office("director").http.get(
        "/office/report/draft/annual-report-2020.docx", REPORT | asked
    )
    assert b"".join(answer.streaming_content) == name.encode()  # type: ignore[attr-defined]


def test_not_ready_is_said(office: At, played: Stocked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "_draw", lambda document, folder: None)
    monkeypatch.setattr(printing, "PATIENCE", 0.0)
    monkeypatch.setattr(printing.file, "__kwdefaults__", {"patience": 0.0})
    answer = office("director").http.get("/office/report/draft/annual-report-2020.pdf", REPORT)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "文件正在生成" in text_of(answer)


def test_the_librarys_own_text(office: At, played: Stocked) -> None:
    director = office("director")
    answer = director.post(
        "/office/report/text/",
        **REPORT,
        party="全年组织学习 12 次。",
        opening="外借 {loan_vol.unit}。",
    )
    assert answer.status_code == 302
    page = director.get("/office/report/text/", **REPORT)
    assert "全年组织学习 12 次。" in page
    answer = director.post("/office/report/text/", **REPORT, opening="外借 {nonsense} 册。")
    assert answer.status_code == 422
    page = text_of(answer)
    assert "有的部分没有保存" in page
    assert "外借 {nonsense} 册。" in page


def test_the_text_names_its_numbers_in_chinese(office: At, played: Stocked) -> None:
    director = office("director")
    typed = "藏书 {总藏量}，新购 {本年新购藏量}。"
    answer = director.post("/office/report/text/", **REPORT, opening=typed)
    assert answer.status_code == 302
    assert typed in director.get("/office/report/text/", **REPORT)
    stored = Narrative.objects.get(section="opening").text
    assert stored == "藏书 {coll.unit}，新购 {new_coll_buy.unit}。"


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        ("desk", "/office/", 200),
        ("desk", "/office/rules/", 200),
        ("desk", "/office/report/", 403),
        ("desk", "/office/editions/", 403),
        ("desk", "/office/statistics/2020/loan_vol/", 403),
        ("desk", "/office/imports/", 403),
        ("branch", "/office/report/?place=main", 403),
        ("branch", "/office/report/?place=east&year=2020", 200),
        ("branch", "/office/statistics/2020/loan_vol/?place=west", 403),
        ("branch", "/office/report/text/?place=east&year=2020", 403),
        ("cataloguer", "/office/imports/", 200),
        ("cataloguer", "/office/visits/", 403),
        ("admin", "/office/imports/", 200),
        ("auditor", "/office/report/", 403),
    ],
)
def test_pages_are_open_by_permission(office: At, role: str, path: str, status: int) -> None:
    assert office(role).http.get(path).status_code == status


def test_navigation_shows_what_is_open(office: At) -> None:
    desk = office("desk").get("/office/")
    assert "进馆人次" in desk
    assert "已发布版本" not in desk
    assert "已发布版本" in office("director").get("/office/")


@pytest.mark.parametrize(
    "path", ["/office/", "/office/visits/", "/office/report/", "/office/rules/"]
)
def test_strangers_go_to_the_sign_in(played: Stocked, path: str) -> None:
    answer = Client().get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/staff/login/?next=")


def test_today(office: At, played: Stocked) -> None:
    office("desk").post(
        "/office/visits/", place="main", span="day", day="2021-03-02", number="9", source="manual"
    )
    daily.refresh()
    page = office("desk").get("/office/")
    assert "9 进馆人次" in page
    assert "总馆（含分馆）" in page
