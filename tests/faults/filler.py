"""Acts until the disk is full, then once more after room was made.

    python -m tests.faults.filler HOME

Prints each acknowledged number, then ``full`` and waits for a line; goes on and prints ``done``.
"""

from __future__ import annotations

import sys

import django


def main() -> None:
    django.setup()
    from shuxiang.runtime.errors import StorageFull
    from tests.runtime import acts

    number = 0

    def fill() -> None:
        nonlocal number
        while True:
            acts.act(number=number, ctx=acts.context(f"key{number}"))
            print(number, flush=True)
            number += 1

    try:
        fill()
    except StorageFull:
        print("full", flush=True)
    sys.stdin.readline()
    print("rows", acts.count("test.act"), flush=True)
    for _ in range(20):
        acts.act(number=number, ctx=acts.context(f"key{number}"))
        print(number, flush=True)
        number += 1
    print("done", flush=True)


if __name__ == "__main__":
    main()
