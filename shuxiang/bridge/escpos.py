"""Slip printers that speak ESC/POS in GB18030, as nearly all sold in China do: by a device file or TCP."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass

from shuxiang.bridge.devices import Fault

TIMEOUT = 5.0
_RESET = b"\x1b@"
_CHINESE = b"\x1c&"
"""FS &: double-byte characters, which these printers take as GB18030."""
_CENTRED, _LEFT = b"\x1ba\x01", b"\x1ba\x00"
_CUT = b"\n\n\n\x1dV\x42\x00"


def page(lines: Sequence[str], qr: str) -> bytes:
    """The bytes of a slip: lines, a QR code of model 2 and level M under them, feed and cut."""
    body = b"".join(line.encode("gb18030", "replace") + b"\n" for line in lines)
    return _RESET + _CHINESE + _LEFT + body + (_qr(qr) if qr else b"") + _CUT


def _qr(text: str) -> bytes:
    data = text.encode()
    length = len(data) + 3
    return (
        _CENTRED
        + b"\x1d(k\x04\x001A2\x00"
        + b"\x1d(k\x03\x001C\x06"
        + b"\x1d(k\x03\x001E1"
        + b"\x1d(k"
        + bytes((length % 256, length // 256))
        + b"1P0"
        + data
        + b"\x1d(k\x03\x001Q0"
        + _LEFT
    )


@dataclass(frozen=True, slots=True)
class EscPosPrinter:
    """``where`` is ``tcp://host:port`` or the path of a device, as /dev/usb/lp0. Paper is not asked for:
    a printer that does not take the bytes counts as offline."""

    where: str

    def ready(self) -> str:
        try:
            self._send(b"")
        except Fault as fault:
            return fault.code
        return ""

    def print(self, lines: Sequence[str], qr: str) -> None:
        self._send(page(lines, qr))

    def _send(self, data: bytes) -> None:
        try:
            if self.where.startswith("tcp://"):
                host, _, port = self.where[6:].rpartition(":")
                with socket.create_connection((host, int(port)), TIMEOUT) as printer:
                    printer.sendall(data)
            else:
                with open(self.where, "ab") as printer_file:
                    printer_file.write(data)
        except (OSError, ValueError):
            raise Fault("offline") from None
