"""The tools that keep translations and add up test runs."""

from __future__ import annotations

import gettext
import io
import threading
from collections import Counter
from pathlib import Path

import pytest

from tools import messages, suite
from tools.messages import Fault, Key, Message


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A package with one template and one module that mark four texts."""
    templates = tmp_path / "shuxiang" / "templates"
    templates.mkdir(parents=True)
    (templates / "page.html").write_text(
        '{% load i18n %}\n  <p>{% translate "Check out" %}\n'
        "    {% blocktranslate count n=n %}{{ n }} item{% plural %}{{ n }} items"
        "{% endblocktranslate %}\n</p>",
        "utf-8",
    )
    (tmp_path / "shuxiang" / "views.py").write_text(
        "from django.utils.translation import gettext_lazy as _, pgettext\n"
        "A = _('Due %(day)s')\nB = pgettext('month', 'May')\n",
        "utf-8",
    )
    return tmp_path


def run(root: Path, *arguments: str, typed: str = "", monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    return messages.main(["--root", str(root), *arguments])


ALL = "Check out\t借书\nDue %(day)s\t%(day)s 应还\n%(n)s item\t%(n)s items\t%(n)s 册\n"


def test_texts_are_found_added_checked_and_compiled(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(root, "check", monkeypatch=monkeypatch) == 1
    assert capsys.readouterr().err.splitlines() == [
        "missing: '%(n)s item' at shuxiang/templates/page.html:3",
        "missing: 'Check out' at shuxiang/templates/page.html:2",
        "missing: 'Due %(day)s' at shuxiang/views.py:2",
        "missing: 'May' (context 'month') at shuxiang/views.py:3",
    ]
    assert run(root, "add", typed=ALL, monkeypatch=monkeypatch) == 0
    assert run(root, "add", "--context", "month", typed="May\t五月\n", monkeypatch=monkeypatch) == 0
    assert run(root, "check", monkeypatch=monkeypatch) == 0
    assert run(root, "compile", monkeypatch=monkeypatch) == 0
    with (root / messages.CATALOG).with_suffix(".mo").open("rb") as file:
        said = gettext.GNUTranslations(file)
    assert said.gettext("Check out") == "借书"
    assert said.pgettext("month", "May") == "五月"
    assert said.ngettext("%(n)s item", "%(n)s items", 3) == "%(n)s 册"


def test_the_catalogue_is_sorted_and_reads_back_the_same(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(root, "add", typed=ALL + 'A "quoted"\\nline\t一"引"\\n行\n', monkeypatch=monkeypatch)
    path = root / messages.CATALOG
    found = messages.read(path)
    assert list(found) == sorted(found)
    assert found[Key('A "quoted"\nline')] == Message("", '一"引"\n行')
    assert messages.dump(found) == path.read_text("utf-8")


def test_another_translation_of_the_same_text_is_told_and_stays(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(root, "add", typed=ALL, monkeypatch=monkeypatch)
    assert run(root, "add", typed="Check out\t外借\n", monkeypatch=monkeypatch) == 1
    assert "'Check out' stays '借书', not '外借'" in capsys.readouterr().err
    assert messages.read(root / messages.CATALOG)[Key("Check out")].translation == "借书"
    assert run(root, "add", "--replace", typed="Check out\t外借\n", monkeypatch=monkeypatch) == 0
    assert messages.read(root / messages.CATALOG)[Key("Check out")].translation == "外借"


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("no tab\n", "line 1: expected msgid<TAB>translation"),
        ("a\t\n", "line 1: expected msgid<TAB>translation"),
        ("a\tb\tc\td\n", "line 1: expected msgid<TAB>translation"),
        ("\nDue %(day)s\t应还\n", "line 2: 'Due %(day)s' has placeholders ['day']"),
        ("{n} waiting\t{m} 个\n", "line 1: '{n} waiting' has placeholders ['n']"),
    ],
)
def test_lines_that_can_not_be_used_are_told(line: str, fault: str) -> None:
    with pytest.raises(Fault) as told:
        messages.parse_lines(io.StringIO(line))
    assert str(told.value).startswith(fault)


def test_fuzzy_unused_and_inconsistent_texts_are_found(root: Path) -> None:
    known = {
        Key("Check out"): Message("", "借书", fuzzy=True),
        Key("Due %(day)s"): Message("", "应还"),
        Key("%(n)s item"): Message("%(n)s things", "%(n)s 册"),
        Key("May", "month"): Message("", ""),
        Key("Gone"): Message("", "没了"),
    }
    found = messages.faults(known, messages.extract(root))
    assert [line.split(" at ")[0] for line in found] == [
        "plural: '%(n)s item' is used with the plural '%(n)s items'",
        "missing: 'May' (context 'month')",
        "fuzzy: 'Check out'",
        "placeholders: 'Due %(day)s' has placeholders ['day'], its translation []",
        "unused: 'Gone'",
    ]


def test_many_at_once_lose_nothing(root: Path) -> None:
    path = root / messages.CATALOG
    threads = [
        threading.Thread(target=messages.add, args=(path, {Key(f"m{n:02}"): Message("", f"译{n}")}))
        for n in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [key.msgid for key in messages.read(path)] == [f"m{n:02}" for n in range(16)]


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("3 passed, 1 skipped in 0.12s", {"passed": 3, "skipped": 1}),
        ("== 2 failed, 1 error in 3s ==", {"failed": 2, "error": 1}),
        ("2 errors in 1.00s", {"error": 2}),
        ("no tests ran in 0.01s", {}),
    ],
)
def test_a_run_s_last_line_is_counted(line: str, counts: dict[str, int]) -> None:
    assert suite.counted(line) == Counter(counts)


def locked(name: str) -> dict[str, str]:
    lines = (suite.ROOT / name).read_text("utf-8").splitlines()
    return dict(line.split(" ")[0].split("==") for line in lines if "==" in line and line[0] != " ")


def test_what_runs_is_what_is_tested() -> None:
    run, tested = locked("requirements-run.lock"), locked("requirements.lock")
    assert run.items() <= tested.items()
    assert {"django", "tantivy", "babel", "setuptools"} <= run.keys()
    assert "pytest" in tested.keys() - run.keys()
