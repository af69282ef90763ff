"""Serve SIP2 alone: self-service machines of a library whose web runs elsewhere."""

from __future__ import annotations

import argparse
import os

from shuxiang.interfaces.cli import common, serve

EXAMPLE = "shuxiang sip2 --host 127.0.0.1 --port 6001"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default=os.environ.get("SHUXIANG_SIP2_HOST", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=os.environ.get("SHUXIANG_SIP2_PORT", "6001"))


def run(args: argparse.Namespace) -> int:
    common.setup()
    common.require_library()
    tls = serve.sip2_tls()
    serve.check_port(args.host, args.port)
    print(f"SIP2     {serve.address(args.host, args.port)}", flush=True)
    return serve.supervise({"sip2": lambda: serve.serve_sip2(args.host, args.port, tls)})
