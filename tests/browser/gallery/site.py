"""The gallery's settings, views and server: ``python -m tests.browser.gallery.site PORT``.

It stands alone on Django with the shared front-end app, without database: a component that needs
more than its template arguments shows itself here.
"""

from __future__ import annotations

import datetime as dt
import sys
import threading
import time
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from django import forms
from django.conf import settings

ROOT = Path(__file__).resolve().parents[3]

if not settings.configured:
    settings.configure(
        SECRET_KEY="gallery",
        # Never asked: the error pages know of the database only whether it is full.
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        ALLOWED_HOSTS=["127.0.0.1", "localhost"],
        ROOT_URLCONF="tests.browser.gallery.site",
        INSTALLED_APPS=[
            "django.contrib.contenttypes",
            "django.contrib.messages",
            "django.contrib.staticfiles",
            "shuxiang.interfaces.common",
        ],
        MIDDLEWARE=[
            "shuxiang.interfaces.common.middleware.SecurityHeaders",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
        MESSAGE_STORAGE="django.contrib.messages.storage.cookie.CookieStorage",
        CSRF_FAILURE_VIEW="shuxiang.interfaces.common.errors.csrf_failure",
        SESSION_COOKIE_SECURE=False,
        FORM_RENDERER="tests.browser.gallery.site.Renderer",
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [Path(__file__).parent / "templates"],
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.messages.context_processors.messages",
                        "shuxiang.interfaces.common.preferences.view_preference",
                    ]
                },
            }
        ],
        STATIC_URL="/static/",
        LANGUAGE_CODE="zh-hans",
        LOCALE_PATHS=[ROOT / "locale"],
        TIME_ZONE="Asia/Shanghai",
        USE_TZ=True,
        LOGGING_CONFIG=None,
    )
    django.setup()

from django.contrib import messages  # noqa: E402
from django.contrib.staticfiles.handlers import StaticFilesHandler  # noqa: E402
from django.core.paginator import Paginator  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.forms.renderers import DjangoTemplates  # noqa: E402
from django.http import HttpRequest, HttpResponse, JsonResponse  # noqa: E402
from django.shortcuts import render  # noqa: E402
from django.template.loader import render_to_string  # noqa: E402
from django.urls import include, path  # noqa: E402

from shuxiang.interfaces.common import scanbox  # noqa: E402
from shuxiang.interfaces.common.errors import (  # noqa: E402, F401
    handler400,
    handler403,
    handler404,
    handler500,
    render_error,
)

TODAY = dt.date(2026, 11, 23)


class Renderer(DjangoTemplates):
    field_template_name = "common/field.html"


class Sample(forms.Form):
    name = forms.CharField(label="姓名", max_length=40)
    number = forms.CharField(label="身份证号", help_text="18 位，最后一位可以是 X。")
    kind = forms.ChoiceField(
        label="读者类型", choices=[("a", "成人"), ("c", "少儿")], widget=forms.RadioSelect
    )
    branch = forms.ChoiceField(label="办证馆", choices=[("1", "总馆"), ("2", "城南分馆")])
    consent = forms.BooleanField(label="读者已阅读并同意《读者须知》")
    note = forms.CharField(label="备注", widget=forms.Textarea(attrs={"rows": 3}), required=False)


class Column:
    def __init__(self, label: str, numeric: bool = False) -> None:
        self.label = label
        self.numeric = numeric


BOOKS = [
    ("红楼梦", "曹雪芹 著", "人民文学出版社 · 2008", 3),
    ("平凡的世界", "路遥 著", "北京十月文艺出版社 · 2012", 0),
    (
        "昆虫记：一部写给所有年龄读者的大自然长篇史诗（插图珍藏本）",
        "（法）法布尔",
        "译林出版社 · 2016",
        1,
    ),
]

seen: list[dict[str, Any]] = []
"""Every scan the endpoint took, in order of arrival; failing attempts included."""
_lock = threading.Lock()
faults = {"left": 0, "status": 0}


def portal(request: HttpRequest) -> HttpResponse:
    if "message" in request.GET:
        messages.success(request, "续借成功：《红楼梦》应还日期改为 2026年12月23日。")
        messages.error(request, "《平凡的世界》已逾期，不能续借。")
    loans = [
        (title, author, TODAY + dt.timedelta(days=days))
        for (title, author, _, _), days in zip(BOOKS, (12, 2, -2), strict=True)
    ]
    return render(
        request,
        "gallery/portal.html",
        {
            "books": BOOKS,
            "loans": loans,
            "today": TODAY,
            "library_name": "源城区图书馆",
            "page": Paginator(range(95), 10).page(3),
        },
    )


def office(request: HttpRequest) -> HttpResponse:
    form = (
        Sample({"name": "张三丰", "number": "4401", "kind": "a"})
        if request.GET.get("bad")
        else Sample()
    )
    if form.is_bound:
        form.add_error("number", "身份证号应为 18 位，现为 4 位。")
    return render(request, "gallery/office.html", {
        "form": form, "library_name": "源城区图书馆", "page": Paginator(range(95), 10).page(3),
        "columns": [Column("指标"), Column("本年", True), Column("上年", True)],
        "rows": [("进馆人次", "47,000", "182,300"), ("外借册次", "56,000", "98,120")],
        "foot": ("合计", "103,000", "280,420"),
    })  # fmt: skip


def states(request: HttpRequest) -> HttpResponse:
    return render(request, "gallery/states.html", {"as_of": dt.datetime(2026, 11, 23, 10, 32)})


def desk(request: HttpRequest) -> HttpResponse:
    kind = request.GET.get("kind", "")
    log = [_row("ok", "借出", f"00{n}1234", BOOKS[n % 3][0]) for n in range(20)]
    prompt = render_to_string("gallery/prompt.html") if kind == "ask" else ""
    return _desk(request, result=SAMPLES.get(kind), log=log if kind else [], prompt=prompt)


def _desk(
    request: HttpRequest, *, result: dict[str, Any] | None, log: list[str], prompt: str = ""
) -> HttpResponse:
    delay = request.GET.get("delay", "0")
    config = scanbox.scanbox_config(
        request, url=f"/scan/?delay={delay}", store="gallery", login_url="/login/"
    )
    config["retry_ms"] = [300]
    return render(request, "gallery/desk.html", {
        "scanbox": config, "scan_modes": scanbox.MODES, "scan_mode": "checkout",
        "request_key": "0192", "log_rows": log, "library_name": "源城区图书馆",
        "service_point_name": "总馆 · 1 号台",
        "prompt_html": prompt, "result": result,
    })  # fmt: skip


SAMPLES = {
    "ok": {"kind": "ok", "word": "已借出", "say": "《红楼梦》应还 2026年12月23日"},
    "refused": {
        "kind": "refused",
        "word": "不能借",
        "say": "读者证已过期（2026年10月1日）；已借满 5 册",
    },
    "ask": {"kind": "ask", "word": "请选择", "say": "该书已被预约"},
}


def _row(kind: str, word: str, code: str, what: str) -> str:
    row = {"kind": kind, "word": word, "code": code, "what": what, "time": "10:02:11"}
    return render_to_string("common/log_row.html", {"row": row})


def scan(request: HttpRequest) -> HttpResponse:
    """Answers like a desk: ASK… asks, BAD… refuses, CARD… is a reader; others are lent."""
    body = request.POST.dict()
    with _lock:
        fault = faults["left"] > 0
        if fault:
            faults["left"] -= 1
        seen.append({**body, "fault": fault})
    if fault:
        return HttpResponse("fault", status=faults["status"])
    time.sleep(int(request.GET.get("delay", "0")) / 1000)
    text = body.get("scan", "")
    answer: dict[str, Any] = {"kind": "ok", "word": "已借出", "say": text, "state": f"after-{text}",
                              "undo": True, "log_html": _row("ok", "借出", text, "红楼梦")}  # fmt: skip
    if "ask" in body:
        answer |= {"word": "已特批", "say": f"{body.get('choice')} {body.get('why', '')}"}
    elif body.get("command"):
        answer |= {"word": body["command"], "undo": False}
    elif text.startswith("ASK"):
        answer |= {
            "kind": "ask",
            "ask": "q1",
            "prompt_html": render_to_string("gallery/prompt.html"),
        }
    elif text.startswith("BAD"):
        answer |= {"kind": "refused", "word": "不能借", "undo": False}
    elif text.startswith("CARD"):
        answer |= {"kind": "reader", "reader_html": render_to_string("gallery/reader.html")}
    if "application/json" not in request.headers.get("Accept", ""):
        return _desk(request, result=answer, log=[answer["log_html"]])
    return JsonResponse(answer)


def recorded(request: HttpRequest) -> HttpResponse:
    with _lock:
        found = list(seen)
        if "clear" in request.GET:
            seen.clear()
        if "fail" in request.GET:
            faults.update(left=int(request.GET["fail"]), status=int(request.GET["status"]))
    return JsonResponse({"seen": found})


def error(request: HttpRequest, status: int) -> HttpResponse:
    return render_error(request, status)


urlpatterns = [
    path("", include("shuxiang.interfaces.common.urls")),
    path("portal/", portal),
    path("office/", office),
    path("states/", states),
    path("desk/", desk),
    path("scan/", scan),
    path("recorded/", recorded),
    path("error/<int:status>/", error),
]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def main(port: int) -> None:
    application = StaticFilesHandler(get_wsgi_application())
    with make_server("127.0.0.1", port, application, _Server, _Quiet) as server:
        print(server.server_port, flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
