"""The process group: one supervisor, the process of web and SIP2, the worker."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import ssl
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shuxiang.interfaces.cli.main import CommandError

THREADS = 16
RESTART_PAUSE = 1.0
STOP_SECONDS = 15
PR_SET_PDEATHSIG = 1
"""Of prctl(2)."""


def check_port(host: str, port: int) -> None:
    """Raises CommandError when somebody else already listens there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            why = error.strerror if isinstance(error, OSError) else "ports go from 1 to 65535"
            raise CommandError(
                f"{host}:{port} can't be used ({why}); choose another with --port "
                "or stop what listens there"
            ) from None


def address(host: str, port: int) -> str:
    """``host:port``, an IPv6 host in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


@dataclass(frozen=True, slots=True)
class Sip2:
    """Where SIP2 is served, and by which certificate."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None


def sip2_tls() -> ssl.SSLContext | None:
    """TLS as the environment says: a certificate, its key, and whose clients' certificates are asked
    for; None without. Raises CommandError when they can't be used."""
    certificate = os.environ.get("SHUXIANG_SIP2_CERTIFICATE")
    if not certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, os.environ.get("SHUXIANG_SIP2_KEY") or None)
        if clients := os.environ.get("SHUXIANG_SIP2_CLIENTS"):
            context.load_verify_locations(clients)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as error:
        raise CommandError(
            f"the certificate for SIP2 can't be used ({error.strerror or error}); look at "
            "SHUXIANG_SIP2_CERTIFICATE, SHUXIANG_SIP2_KEY and SHUXIANG_SIP2_CLIENTS"
        ) from None
    return context


def _sip2_server(where: Sip2) -> Any:
    from shuxiang.interfaces.sip2.server import Server

    allowed = os.environ.get("SHUXIANG_SIP2_ALLOW", "" if where.tls else "127.0.0.0/8,::1/128")
    return Server(where.host, where.port, tls=where.tls, allowed=tuple(allowed.split(",")))


def serve_sip2(host: str, port: int, tls: ssl.SSLContext | None) -> None:
    """Serve SIP2 in this process until told to stop."""
    server = _sip2_server(Sip2(host, port, tls))
    signal.signal(signal.SIGTERM, lambda *_: server.stop_soon())
    server.start_in_thread()
    server.wait()


def serve_web(host: str, port: int, sip2: Sip2 | None = None) -> None:
    """Serve the web in this process until told to stop; with ``sip2`` that too, so that all doors of
    the process share its single writer."""
    from django.core.wsgi import get_wsgi_application
    from gunicorn.app.base import BaseApplication

    application = get_wsgi_application()
    servers: list[Any] = []

    def with_sip2(worker: Any) -> None:
        if sip2 is not None:
            server = _sip2_server(sip2)
            server.start_in_thread()
            servers.append(server)

    def without_sip2(arbiter: Any, worker: Any) -> None:
        for server in servers:
            server.stop()

    class Server(BaseApplication):
        def load_config(self) -> None:
            settings: dict[str, Any] = {
                "bind": address(host, port),
                # One process: on SQLite all its threads share the single writer.
                "workers": 1,
                "worker_class": "gthread",
                "threads": THREADS,
                "timeout": 60,
                "graceful_timeout": STOP_SECONDS - 5,
                "keepalive": 30,
                # The most there is: a long question in Chinese is answered by the page itself.
                "limit_request_line": 8190,
                "accesslog": None,
                "loglevel": "warning",
                "control_socket_disable": True,
                "post_worker_init": with_sip2,
                "worker_exit": without_sip2,
                "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,
            }
            for name, value in settings.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> Any:
            return application

    Server(prog="shuxiang").run()


def serve_worker() -> None:
    """Run the background worker in this process until told to stop."""
    from django.conf import settings
    from django.utils.module_loading import import_string

    from shuxiang.runtime.worker import Worker

    Worker(
        import_string(f"{settings.SUBSCRIPTIONS}.SUBSCRIPTIONS"),
        import_string(f"{settings.SUBSCRIPTIONS}.PERIODIC"),
        import_string(f"{settings.SUBSCRIPTIONS}.AT_THE_END"),
    ).run_forever()


def die_with(parent: int) -> None:
    """Have the system stop this process (SIGTERM) when its parent dies, however that dies: a web
    process left behind would keep the port from the next start. On Linux; elsewhere nothing."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def supervise(parts: dict[str, Callable[[], None]]) -> int:
    """Run each part in a child, start again what dies, stop all of them on SIGTERM or SIGINT."""
    from django.db import connections

    connections.close_all()
    children: dict[int, str] = {}
    stopping = False

    supervisor = os.getpid()

    def start(name: str) -> None:
        pid = os.fork()
        if pid:
            children[pid] = name
            return
        die_with(supervisor)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        code = 1
        try:
            parts[name]()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        except BaseException:
            # The exit below would swallow it.
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True
        for pid in list(children):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)

    for name in parts:
        start(name)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    deadline = 0.0
    while children:
        if stopping and not deadline:
            deadline = time.monotonic() + STOP_SECONDS
        try:
            pid, status = os.waitpid(-1, os.WNOHANG if stopping else 0)
        except InterruptedError:
            continue
        if pid == 0:
            if time.monotonic() > deadline:
                for left in children:
                    os.kill(left, signal.SIGKILL)
            time.sleep(0.05)
            continue
        ended = children.pop(pid, None)
        if ended and not stopping:
            print(f"{ended} ended with status {status}; starting it again", file=sys.stderr)
            time.sleep(RESTART_PAUSE)
            # Told to stop meanwhile: nobody would tell the new one.
            if not stopping:
                start(ended)
    return 0
