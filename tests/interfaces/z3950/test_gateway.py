"""Z39.50 in front of our SRU (G4): clients nobody here wrote search it in Chinese, in both syntaxes, by
every index; and they search our SRU itself."""

from __future__ import annotations

import contextlib
import ctypes
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections

from shuxiang.formats.marc.iso2709 import Decoded, RawRecord, decode
from shuxiang.interfaces.cli.main import main
from shuxiang.interfaces.z3950 import yaz
from shuxiang.runtime.strangers import Question, ask
from tests.interfaces.api.conftest import filled as filled
from tests.support.shelves import Shelves
from tests.support.targets import free_port

pytestmark = pytest.mark.db
ROOT = Path(__file__).resolve().parents[3]


def _missing() -> str:
    for program in ("yaz-client", "zoomsh"):
        if not shutil.which(program):
            return f"{program} not installed (Debian: yaz)"
    for library in yaz.NAMES[0]:
        try:
            ctypes.CDLL(library)
        except OSError:
            return f"{library} not installed (Debian: libyaz5)"
    return ""


needs_yaz = pytest.mark.skipif(bool(_missing()), reason=_missing() or "-")


class Quiet(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def web_port() -> int:
    return free_port()


@pytest.fixture
def web(filled: Shelves, web_port: int) -> Iterator[str]:
    """The SRU server of the test library, on a port."""
    server = make_server("127.0.0.1", web_port, WSGIHandler(), handler_class=Quiet)

    def serve() -> None:
        server.serve_forever(poll_interval=0.05)
        connections.close_all()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{web_port}/sru"
    server.shutdown()
    thread.join(timeout=60)
    server.server_close()


@pytest.fixture(scope="module")
def port(web_port: int) -> Iterator[int]:
    """The gateway as the command line starts it."""
    port = free_port()
    command = [sys.executable, "-m", "shuxiang.interfaces.cli.main", "z3950",
               "--port", str(port), "--sru", f"http://127.0.0.1:{web_port}/sru"]  # fmt: skip
    gateway = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port, gateway)
        yield port
    finally:
        gateway.terminate()
        gateway.wait(timeout=60)


def _wait_for(port: int, gateway: subprocess.Popen[bytes]) -> None:
    for _ in range(3000):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        assert gateway.poll() is None, "the gateway did not start"
        time.sleep(0.02)
    raise AssertionError("the gateway did not listen")


def zoom(port: int, pqf: str, syntax: str = "unimarc", database: str = "Default", most: int = 3,
         charset: str = "utf-8") -> tuple[int, list[str], str]:  # fmt: skip
    """(hits, titles of the first records, fault) by libyaz's own client."""
    answer = ask(
        Question(
            kind="z3950", address="127.0.0.1", port=port, database=database,
            pqf=pqf.encode(charset), syntax=syntax, most=most, seconds=30,
        )
    )  # fmt: skip
    tag = "200" if syntax == "unimarc" else "245"
    titles = []
    for record in answer.records:
        assert record.syntax == syntax
        read = decode(RawRecord(0, 1, record.data), charset)  # type: ignore[arg-type]
        assert isinstance(read, Decoded)
        titles.append(read.record.first(tag, "a"))
    fault = f"{answer.fault.number} {answer.fault.text}" if answer.fault else ""
    return answer.hits, titles, fault


def client(*lines: str) -> str:
    """What yaz-client says to the lines."""
    done = subprocess.run(
        ["yaz-client"],
        input="\n".join((*lines, "quit", "")).encode(),
        capture_output=True,
        timeout=60,
    )
    return done.stdout.decode("utf-8", "replace")


QUERIES = [
    ("@attr 1=4 红楼梦", 1),
    ("@attr 1=4 红楼", 1),
    ("@attr 1=4 @attr 6=3 红楼", 0),
    ("@attr 1=4 @attr 5=1 红楼", 1),
    ("@attr 1=4 @attr 3=1 飞行", 1),
    ("@attr 1=1016 红楼梦", 1),
    ("红楼梦", 1),
    ("@attr 1=1003 李梅", 1),
    ("@attr 1=7 9787020002207", 1),
    ("@attr 1=7 7-02-000220-X", 1),
    ("@attr 1=21 航空", 1),
    ("@and @attr 1=1018 星河出版社 @attr 1=31 1980", 1),
    ("@attr 1=31 @attr 2=4 2018", 8),
    ("@not @attr 1=1018 星河出版社 @attr 1=54 eng", 36),
    ("@attr 2=103 @attr 1=4 x", 50),
]
"""As the same questions are answered by SRU (test_searching.py of its own door)."""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--sru", "ftp://x/sru"], "no address of an SRU server"),
        (["--port", "70000"], "ports go from 1 to 65535"),
    ],
)
def test_g4_what_the_gateway_can_not_be_started_with(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["z3950", *words]) == 2
    assert said in capsys.readouterr().err


@needs_yaz
def test_g4_chinese_by_every_index_and_in_both_syntaxes(
    web: str, filled: Shelves, port: int
) -> None:
    said = client(f"open 127.0.0.1:{port}/Default", *(f"find {pqf}" for pqf, _ in QUERIES))
    found = [int(n) for n in re.findall(r"Number of hits: (\d+)", said)]
    assert dict(zip([q for q, _ in QUERIES], found, strict=True)) == dict(QUERIES)
    for syntax in ("unimarc", "usmarc"):
        assert zoom(port, "@attr 1=4 红楼梦", syntax) == (1, ["红楼梦"], "")
        assert zoom(port, "@attr 1=4 红楼梦", syntax, "gb18030", 3, "gb18030") == (
            1,
            ["红楼梦"],
            "",
        )


@needs_yaz
def test_g4_present_ranges_scan_and_faults_by_yaz_client(
    web: str, filled: Shelves, port: int
) -> None:
    where = f"open 127.0.0.1:{port}/Default"
    said = client(where, "format unimarc", "find @attr 1=4 丛刊", "show 40+6", "show 46+1")
    assert "Number of hits: 45" in said
    assert said.count("\n200 1") == 6
    assert "Present request out of range" in said
    said = client(where, "format usmarc", "find @attr 1=4 丛刊", "show 21+25")
    assert said.count("\n245 ") == 25
    assert said.count("Record type: USmarc") == 25
    said = client(where, "scan @attr 1=4 红楼", "scan @attr 1=1003 李", "scan @attr 1=7 x")
    assert "红楼梦 (1)" in said
    assert "Unsupported Use attribute" in said or "114" in said
    for line, number in (
        ("find @attr 1=9999 x", "[114]"),
        ("find @attr 1=4 @attr 2=101 x", "[117]"),
        ("find @attr 1=4 @attr 5=104 x", "[120]"),
        ("find @prox 0 3 0 2 k 2 a b", "[110]"),
        ("find @set 7", "[18]"),
        ("find @attrset exp-1 @attr 1=1 x", "[121]"),
    ):
        said = client(where, line)
        assert number in said, (line, said)
    assert "[235]" in client(f"open 127.0.0.1:{port}/Nowhere", "find x")
    assert "[239]" in client(where, "find @attr 1=4 红楼梦", "format grs-1", "show 1")
    assert "[107]" in client(where, "querytype ccl", "find ti=x")
    sutrs = client(where, "format sutrs", "find @attr 1=4 红楼梦", "show 1")
    # Its way of showing bytes above 127: 红.
    assert "\\XE7\\XBA\\XA2" in sutrs


@needs_yaz
def test_g4_the_gateway_outlives_noise_and_a_web_that_is_down(filled: Shelves, port: int) -> None:
    for noise in (
        b"\x00" * 4000,
        b"GET / HTTP/1.0\r\n\r\n",
        b"\xb4\x84\x7f\xff\xff\xff" + b"x" * 99,
    ):
        with socket.create_connection(("127.0.0.1", port), timeout=60) as link:
            link.sendall(noise)
            link.settimeout(0.2)
            with contextlib.suppress(OSError):
                link.recv(4096)
    hits, _, fault = zoom(port, "@attr 1=4 红楼梦")
    assert (hits, fault[:3]) == (0, "109")


@needs_yaz
@pytest.mark.parametrize("version", ["1.1", "1.2", "2.0"])
@pytest.mark.parametrize("way", ["get", "post"])
def test_g4_our_sru_by_zoomsh(web: str, filled: Shelves, way: str, version: str) -> None:
    lines = [f"set sru {way}", f"set sru_version {version}", "set schema marcxchange",
             f"open {web}", "search cql:dc.title=红楼梦", "show 0 1", "quit", ""]  # fmt: skip
    done = subprocess.run(
        ["zoomsh"], input="\n".join(lines).encode(), capture_output=True, timeout=60
    )
    said = done.stdout.decode()
    assert "1 hits" in said
    assert '<subfield code="a">红楼梦</subfield>' in said


@needs_yaz
def test_g4_our_sru_by_yaz_client(web: str, filled: Shelves) -> None:
    said = client("sru get 1.2", f"open {web}", "querytype cql", "schema marcxml",
                  "find dc.title=丛刊", "show 44+2", "scan dc.title=红楼", "find dc.colour=x",
                  "find dc.title=x )")  # fmt: skip
    assert "Number of hits: 45" in said
    assert said.count('<datafield tag="245"') == 2
    assert "红楼梦" in said
    assert "info:srw/diagnostic/1/16" in said
    assert "info:srw/diagnostic/1/13" in said
