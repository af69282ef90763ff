"""URLs of the self-service machines; name space ``kiosk``."""

from django.urls import path

from shuxiang.interfaces.common import converters  # noqa: F401 - registers <id:…>
from shuxiang.interfaces.kiosk.views import (
    alone,
    duty,
    home,
    issuing,
    lending,
    loans,
    reader,
    slips,
)
from shuxiang.interfaces.kiosk.views import help as helping

app_name = "kiosk"
urlpatterns = [
    path("", home.home, name="home"),
    path("enrol/", home.enrol, name="enrol"),
    path("card/", reader.card, name="card"),
    path("alone/", alone.page, name="alone"),
    path("alone/token/", alone.token, name="alone_token"),
    path("sw.js", alone.worker, name="worker"),
    path("end/", reader.end, name="end"),
    path("stay/", reader.stay, name="stay"),
    path("duty/", duty.duty, name="duty"),
    path("duty/menu/", duty.menu, name="duty_menu"),
    path("call/", helping.call, name="call"),
    path("borrow/", lending.borrow, name="borrow"),
    path("borrow/for/", lending.borrow_for, name="borrow_for"),
    path("return/", lending.give_back, name="return"),
    path("renew/", loans.renew, name="renew"),
    path("inquiry/", loans.inquiry, name="inquiry"),
    path("secured/<slug:name>/", lending.secured, name="secured"),
    path("slip/<slug:name>/", slips.slip, name="slip"),
    path("printed/<slug:name>/", slips.printed, name="printed"),
    path("issue/", issuing.begin, name="issue"),
    path("issue/step/", issuing.step, name="issue_step"),
    path("issue/make/", issuing.make, name="issue_make"),
    path("issue/<id:issue>/made/", issuing.made, name="issue_made"),
    path("issue/<id:issue>/taken/", issuing.taken, name="issue_taken"),
    path("issue/recover/", issuing.recover, name="issue_recover"),
    path("issue/retracted/", issuing.retracted, name="issue_retracted"),
    path("issue/printed/", issuing.printed, name="issue_printed"),
    path("s/<str:token>/", slips.shown, name="slip_shown"),
]
