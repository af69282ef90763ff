"""SIP2: the protocol of self-service machines and gates (3M SIP 2.00 and its use in China)."""

from shuxiang.formats.sip2.messages import (
    REQUESTS,
    RESPONSES,
    Message,
    amount,
    moment,
    read_request,
    read_response,
    stamp,
    write,
)
from shuxiang.formats.sip2.wire import (
    FRAME_LIMIT,
    Checked,
    Frame,
    Framer,
    Terminator,
    check,
    checksum,
    frame,
)

__all__ = [
    "FRAME_LIMIT",
    "REQUESTS",
    "RESPONSES",
    "Checked",
    "Frame",
    "Framer",
    "Message",
    "Terminator",
    "amount",
    "check",
    "checksum",
    "frame",
    "moment",
    "read_request",
    "read_response",
    "stamp",
    "write",
]
