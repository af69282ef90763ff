"""What others ask of the catalogue over HTTP: a full harvest by OAI-PMH, and questions to SRU."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from urllib.parse import quote, urlencode

from shuxiang.bench import library, web

Row = tuple[str, float, str]
QUESTIONS = 300
WARM_UP = 20
TERMS = (
    "dc.title=红楼梦",
    "dc.title=三体",
    "cql.serverChoice=中国历史",
    'dc.title all "中国 历史"',
    "dc.creator=余华",
    "dc.title=故事*",
    "bib.classification=I247",
    "dc.date within 2010 2020 and dc.title=世界",
    "dc.title=世界 sortBy dc.date/sort.descending",
)
_TOKEN = re.compile(r"<resumptionToken[^>]*>([^<]+)</resumptionToken>")
_FOUND = re.compile(r"<(?:\w+:)?numberOfRecords>(\d+)<")


def run(prefixes: tuple[str, ...] = ("oai_dc", "marcxml"), *, oai: bool, sru: bool) -> list[Row]:
    """Start ``shuxiang run`` on this home and ask it; rows of (name, value, unit)."""
    port = web.free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "shuxiang.interfaces.cli.main", "run", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        web.wait(port)
        rows = []
        if oai:
            for prefix in prefixes:
                rows += _harvest(port, prefix, server.pid)
        if sru:
            rows += _questions(port)
        return rows
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def _harvest(port: int, prefix: str, leader: int) -> list[Row]:
    """Everything once, part by part, on one connection."""
    client = web.Browser(port)
    arguments = {"verb": "ListRecords", "metadataPrefix": prefix}
    seen: set[str] = set()
    size = twice = 0
    memory = web.pss(leader)
    began = time.perf_counter()
    while arguments:
        status, text = client.send("GET", f"/oai?{urlencode(arguments)}")
        if status != 200 or "<error" in text:
            raise RuntimeError(f"the harvest was answered {status}: {text[:300]}")
        size += len(text)
        for found in re.finditer(r"<identifier>([^<]+)</identifier>", text):
            twice += found[1] in seen
            seen.add(found[1])
        token = _TOKEN.search(text)
        arguments = {"verb": "ListRecords", "resumptionToken": token[1]} if token else {}
    seconds = library.timed(began)
    if twice:
        raise RuntimeError(f"{twice} records came twice")
    return [
        (f"OAI-PMH {prefix}: full harvest", round(len(seen) / seconds), "records/s"),
        (f"OAI-PMH {prefix}: records", len(seen), "records"),
        (f"OAI-PMH {prefix}: PSS grown by", round(web.pss(leader) - memory), "MB"),
    ]


def _questions(port: int) -> list[Row]:
    client = web.Browser(port)
    times = []
    for number in range(QUESTIONS + WARM_UP):
        query = TERMS[number % len(TERMS)]
        began = time.perf_counter()
        status, text = client.send(
            "GET",
            "/sru?version=1.2&operation=searchRetrieve&maximumRecords=10"
            f"&recordSchema=marcxml&query={quote(query)}",
        )
        if status != 200 or not _FOUND.search(text):
            raise RuntimeError(f"the question {query} was answered {status}: {text[:300]}")
        if number >= WARM_UP:
            times.append(library.timed(began) * 1000)
    return [
        ("SRU: 10 records, p50", round(library.quantile(times, 0.5), 1), "ms"),
        ("SRU: 10 records, p95", round(library.quantile(times, 0.95), 1), "ms"),
    ]
