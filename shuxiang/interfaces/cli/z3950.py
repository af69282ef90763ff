"""Serve Z39.50: a gateway in front of the SRU of a running web, through the system's libyaz."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable

from shuxiang.interfaces.cli import serve
from shuxiang.interfaces.cli.main import CommandError

EXAMPLE = "shuxiang z3950 --host 0.0.0.0 --port 9999 --sru http://127.0.0.1:8000/sru"


def _base() -> str:
    port = os.environ.get("SHUXIANG_PORT", "8000")
    return os.environ.get("SHUXIANG_Z3950_SRU") or f"http://127.0.0.1:{port}/sru"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default=os.environ.get("SHUXIANG_Z3950_HOST", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=os.environ.get("SHUXIANG_Z3950_PORT", "9999"))
    parser.add_argument("--sru", default=_base(), help="address of the SRU server it asks")
    parser.add_argument(
        "--charset",
        choices=("utf-8", "gb18030"),
        default=os.environ.get("SHUXIANG_Z3950_CHARSET", "utf-8"),
        help="of the database Default; the databases utf-8 and gb18030 have their own",
    )


def run(args: argparse.Namespace) -> int:
    part = gateway(args.host, args.port, args.sru, args.charset)
    print(f"Z39.50   {serve.address(args.host, args.port)} → {args.sru}", flush=True)
    return serve.supervise({"z3950": part})


def gateway(host: str, port: int, sru: str, charset: str) -> Callable[[], None]:
    """What serves Z39.50, for `serve.supervise`. Raises CommandError where it can't."""
    from shuxiang.interfaces.z3950.server import Gateway
    from shuxiang.interfaces.z3950.yaz import AbsentError

    if not sru.startswith(("http://", "https://")):
        raise CommandError(f"{sru} is no address of an SRU server; try --sru {_base()}")
    if charset not in ("utf-8", "gb18030"):
        raise CommandError(f"{charset} is no character set of Z39.50 here; use utf-8 or gb18030")
    serve.check_port(host, port)
    try:
        server = Gateway(sru, "gb18030" if charset == "gb18030" else "utf-8")
    except AbsentError:
        raise CommandError(
            "Z39.50 needs the system's library libyaz with its server part, which is not installed "
            "(Debian: apt-get install libyaz5)"
        ) from None

    def part() -> None:
        if status := server.serve(host, port):
            raise SystemExit(status)

    return part
