"""URLs of the desk; included under ``desk/``."""

from django.urls import path

from shuxiang.interfaces.common import converters  # noqa: F401 - registers <id:…>
from shuxiang.interfaces.desk.views import (
    acts,
    clerk,
    holds,
    home,
    money,
    paper,
    pickups,
    pins,
    readers,
    register,
    scan,
)

app_name = "desk"
urlpatterns = [
    path("", home.home, name="home"),
    path("scan/", scan.scan, name="scan"),
    path("clerk/", clerk.clerk, name="clerk"),
    path("lock/", clerk.lock_desk, name="lock"),
    path("pin/", clerk.own_pin, name="own_pin"),
    path("paper/", paper.sheet, name="paper"),
    path("paper/print/", paper.form_to_print, name="paper_blank"),
    path("paper/<id:entry>/", paper.settle, name="paper_settle"),
    path("commands/", home.command_sheet, name="commands"),
    path("readers/", readers.find, name="readers"),
    path("readers/<str:patron>/", readers.reader, name="reader"),
    path("readers/<str:patron>/renew/", acts.renew_loans, name="renew_loans"),
    path("readers/<str:patron>/pin/", pins.pin, name="pin"),
    path("readers/<str:patron>/unmask/", acts.unmask, name="unmask"),
    path("readers/<str:patron>/do/<str:name>/", acts.act, name="act"),
    path("readers/<id:patron>/money/", money.money, name="money"),
    path("readers/<id:patron>/money/<slug:name>/", money.act, name="money_act"),
    path("readers/<id:patron>/receipts/<id:entry>/", money.receipt, name="receipt"),
    path("holds/", holds.fetch, name="holds"),
    path("holds/shelf/", holds.shelf, name="hold_shelf"),
    path("holds/transits/", holds.transits, name="transits"),
    path("holds/pickups/", pickups.pickups, name="pickups"),
    path("holds/pickups/open/", pickups.open_slots, name="open_slots"),
    path("holds/pickups/times/<id:slot>/close/", pickups.close_slot, name="close_slot"),
    path("holds/pickups/<id:pickup>/<slug:name>/", pickups.pickup_act, name="pickup_act"),
    path("holds/unfilled/", holds.unfilled, name="unfilled"),
    path("holds/not-found/<id:item>/", holds.not_found, name="not_on_shelf"),
    path("holds/<id:hold>/slip/", holds.slip, name="hold_slip"),
    path("holds/<id:hold>/<slug:name>/", holds.act, name="hold_act"),
    path("readers/<id:patron>/pickups/", pickups.book_for, name="book_for"),
    path("readers/<str:patron>/holds/", holds.of_reader, name="reader_holds"),
    path("register/", register.register, name="register"),
    path("register/document/", register.check_document, name="check_document"),
    path("register/<str:patron>/", register.registered, name="registered"),
]
