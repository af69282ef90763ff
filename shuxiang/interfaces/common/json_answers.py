"""JSON answers of the interfaces that discovery systems and their pages ask (DAIA, PAIA): any site may
read them, errors have one form, and JSONP where it is asked for."""

from __future__ import annotations

import json
import re
from typing import Any

from django.http import HttpRequest, HttpResponse

_CALLBACK = re.compile(r"[A-Za-z0-9_]{1,100}")


class Unanswered(Exception):
    """A request that gets an error answer. ``extra`` are headers."""

    def __init__(
        self, error: str, status: int, said: str, extra: dict[str, str] | None = None
    ) -> None:
        super().__init__(said)
        self.error, self.status, self.said, self.extra = error, status, said, extra or {}

    def body(self) -> dict[str, Any]:
        return {"error": self.error, "code": self.status, "error_description": self.said}


def answered(
    request: HttpRequest, body: dict[str, Any], status: int, headers: dict[str, str]
) -> HttpResponse:
    """The answer as JSON or JSONP. With ``suppress_response_codes`` an error is 200 and says its code
    in its body alone."""
    if "suppress_response_codes" in request.GET:
        status = 200
    text = json.dumps(body, ensure_ascii=False)
    callback = request.GET.get("callback", "")
    if _CALLBACK.fullmatch(callback):
        # Two line ends of Unicode are none of JavaScript's strings.
        text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
        content, kind = f"/**/{callback}({text});", "application/javascript"
    else:
        content, kind = text, "application/json"
    response = HttpResponse(content, status=status, content_type=f"{kind}; charset=utf-8")
    response["Access-Control-Allow-Origin"] = "*"
    response["Content-Language"] = "zh-Hans"
    for name, value in headers.items():
        response[name] = value
    return response


def wrong_callback(request: HttpRequest) -> bool:
    """Whether a JSONP callback is asked for that is no name."""
    callback = request.GET.get("callback", "")
    return bool(callback) and not _CALLBACK.fullmatch(callback)


def preflight(methods: str, headers: dict[str, str]) -> HttpResponse:
    """What a browser is told before it lets another site's page ask."""
    response = HttpResponse(status=204)
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Allow-Methods"] = methods
    response["Access-Control-Allow-Headers"] = "Authorization, Content-Type, Accept"
    response["Access-Control-Max-Age"] = "86400"
    response["Allow"] = methods
    for name, value in headers.items():
        response[name] = value
    return response
