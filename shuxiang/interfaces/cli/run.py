"""Serve everything in one process group: web, SIP2, worker and, where a port is set, Z39.50. Makes the demo library on first start."""

from __future__ import annotations

import argparse
import os

from shuxiang.interfaces.cli import common, demo, serve, z3950

EXAMPLE = "SHUXIANG_HOME=/srv/library shuxiang run --port 8000"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default=os.environ.get("SHUXIANG_HOST", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=os.environ.get("SHUXIANG_PORT", "8000"))
    parser.add_argument("--sip2-host", default=os.environ.get("SHUXIANG_SIP2_HOST", "127.0.0.1"))
    parser.add_argument(
        "--sip2-port", type=int, default=os.environ.get("SHUXIANG_SIP2_PORT", "6001"), help="0: off"
    )
    parser.add_argument(
        "--z3950-port", type=int, default=os.environ.get("SHUXIANG_Z3950_PORT", "0"), help="0: off"
    )


def run(args: argparse.Namespace) -> int:
    common.setup()
    tls = serve.sip2_tls()
    serve.check_port(args.host, args.port)
    if args.sip2_port:
        serve.check_port(args.sip2_host, args.sip2_port)
    if not common.is_initialised() and (code := demo.make_apart()):
        return code
    common.require_library()
    base = f"http://{serve.address(args.host, args.port)}"
    print(f"读者门户 portal  {base}/")
    print(f"流通台   desk    {base}/desk/")
    print(f"业务管理 office  {base}/office/")
    sip2 = serve.Sip2(args.sip2_host, args.sip2_port, tls) if args.sip2_port else None
    if sip2 is not None:
        print(f"自助设备 SIP2    {serve.address(sip2.host, sip2.port)}")
    print(_accounts(), flush=True)
    parts = {
        "web": lambda: serve.serve_web(args.host, args.port, sip2),
        "worker": serve.serve_worker,
    }
    if args.z3950_port:
        host = os.environ.get("SHUXIANG_Z3950_HOST", "127.0.0.1")
        charset = os.environ.get("SHUXIANG_Z3950_CHARSET", "utf-8")
        parts["z3950"] = z3950.gateway(host, args.z3950_port, f"{base}/sru", charset)
        print(f"编目交换 Z39.50  {serve.address(host, args.z3950_port)}", flush=True)
    return serve.supervise(parts)


def _accounts() -> str:
    path = common.home() / "demo-accounts.txt"
    return path.read_text(encoding="utf-8").rstrip() if path.exists() else ""
