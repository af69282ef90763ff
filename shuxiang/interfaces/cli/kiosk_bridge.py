"""Serve the devices of a self-service machine to its page, over loopback (docs/device-bridge.md).

Runs on the machine itself, beside its browser, and needs no library. With --simulate the devices are
made up: http://127.0.0.1:7071/ is where books are laid on the pad and faults are made.
"""

from __future__ import annotations

import argparse
import importlib

from shuxiang.bridge.devices import Devices
from shuxiang.interfaces.cli.main import CommandError

EXAMPLE = "shuxiang kiosk-bridge --simulate --origin http://127.0.0.1:8000"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=7071)
    parser.add_argument(
        "--origin",
        action="append",
        metavar="URL",
        help="the library's address, whose pages alone may use the devices (several times for "
        "several; default http://127.0.0.1:8000)",
    )
    parser.add_argument("--simulate", action="store_true", help="made-up devices with every fault")
    parser.add_argument(
        "--printer",
        metavar="WHERE",
        help="an ESC/POS slip printer: tcp://host:9100 or a device such as /dev/usb/lp0",
    )
    parser.add_argument(
        "--adapters",
        metavar="MODULE:FUNCTION",
        help="a function of the maker's or your own that returns shuxiang.bridge.devices.Devices",
    )


def run(args: argparse.Namespace) -> int:
    from shuxiang.bridge.escpos import EscPosPrinter
    from shuxiang.bridge.protocol import Bridge
    from shuxiang.bridge.server import Server
    from shuxiang.bridge.simulated import Hardware
    from shuxiang.bridge.simulated import devices as simulated

    hardware = Hardware() if args.simulate else None
    if hardware is not None:
        fitted = simulated(hardware)
    elif args.adapters:
        fitted = _named(args.adapters)
    elif args.printer:
        fitted = Devices()
    else:
        raise CommandError("say which devices: --simulate, --printer or --adapters")
    if args.printer:
        fitted.printer = EscPosPrinter(args.printer)
    origins = args.origin or ["http://127.0.0.1:8000"]
    for origin in origins:
        if not origin.startswith(("http://", "https://")) or origin.count("/") > 3:
            raise CommandError(f"{origin} is no address of a library, as in https://lib.example.cn")
    bridge = Bridge(fitted, kind="simulated" if args.simulate else "devices")
    try:
        server = Server(args.port, bridge, origins, hardware=hardware)
    except (OSError, OverflowError) as error:
        raise CommandError(f"port {args.port} can't be had: {error}") from None
    print(f"bridge   http://127.0.0.1:{server.server_port}/ for {', '.join(origins)}", flush=True)
    try:
        server.serve_forever()
    finally:
        server.server_close()
    return 0


def _named(name: str) -> Devices:
    module, _, function = name.partition(":")
    try:
        found: Devices = getattr(importlib.import_module(module), function)()
    except (ImportError, AttributeError, TypeError) as error:
        raise CommandError(f"no adapters can be had from {name}: {error}") from None
    return found
