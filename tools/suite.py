"""The test suite: everything on SQLite, then on PostgreSQL what uses a database, doors excepted.

    python tools/suite.py                     # both
    python tools/suite.py tests/runtime -x    # arguments go to pytest
    python tools/suite.py --only sqlite
    python tools/suite.py --doors             # the doors on PostgreSQL too

Ends with one line like pytest's that adds the two runs up; exit 1 if anything failed.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNS = {
    "sqlite": ["--database=sqlite", "-m", "not faults"],
    "postgresql": ["--database=postgresql", "-m", "db and not browser and not faults"],
}
DOORS = [
    "--ignore=tests/interfaces",
    "--ignore=tests/scenarios/first_week",
    "--ignore=tests/statistics/test_command_line.py",
]
"""Doors hold no SQL, and these stories are told through them: on PostgreSQL they are tested only when
everything is asked for."""
_COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped|xfailed|xpassed|warnings?)")
NOTHING_COLLECTED = 5


def counted(line: str) -> Counter[str]:
    """The numbers of pytest's last line, by outcome: ``3 passed, 1 skipped in 0.12s``."""
    return Counter(
        {m[2].rstrip("s") if m[2] == "errors" else m[2]: int(m[1]) for m in _COUNT.finditer(line)}
    )


def run(name: str, arguments: list[str]) -> tuple[int, Counter[str]]:
    """One run of pytest, its output passed through; returns its exit code and its counts."""
    print(f"── tests on {name}", flush=True)
    # One more than processors: a worker that drives a browser mostly waits for it.
    workers = os.environ.get("SHUXIANG_TEST_WORKERS") or str(min(os.cpu_count() or 1, 4) + 1)
    command = [sys.executable, "-m", "pytest", "-q", "-n", workers, "--dist=loadfile"]
    command.append("--no-loadscope-reorder")
    done = subprocess.Popen(
        [*command, *RUNS[name], *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    last = ""
    assert done.stdout is not None
    for line in done.stdout:
        print(line, end="", flush=True)
        if re.search(r" in [\d.]+s", line):
            last = line
    code = done.wait()
    return 0 if code == NOTHING_COLLECTED else code, counted(last)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description="Run the test suite on SQLite and PostgreSQL.",
        epilog="example: python tools/suite.py tests/runtime -x",
    )
    parser.add_argument("--only", choices=sorted(RUNS), help="just one of the databases")
    parser.add_argument("--doors", action="store_true", help="the doors on PostgreSQL too")
    args, arguments = parser.parse_known_args(argv)
    began = time.monotonic()
    total: Counter[str] = Counter()
    failed = False
    for name in RUNS:
        if args.only in (None, name):
            left_out = DOORS if name == "postgresql" and not args.doors else []
            code, counts = run(name, [*left_out, *arguments])
            total += counts
            failed = failed or code != 0
    words = ", ".join(f"{n} {word}" for word, n in sorted(total.items())) or "no tests ran"
    print(f"==== {words} in {time.monotonic() - began:.2f}s ====")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
