"""Serve the web alone: for installations where a proxy and several machines share the work."""

from __future__ import annotations

import argparse
import os

from shuxiang.interfaces.cli import common, serve

EXAMPLE = "shuxiang web --host 0.0.0.0 --port 8000"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default=os.environ.get("SHUXIANG_HOST", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=os.environ.get("SHUXIANG_PORT", "8000"))


def run(args: argparse.Namespace) -> int:
    common.setup()
    common.require_library()
    serve.check_port(args.host, args.port)
    print(f"web      http://{serve.address(args.host, args.port)}/", flush=True)
    serve.serve_web(args.host, args.port)
    return 0
