"""URLs of the self-service machines; name space ``kiosk``."""

from django.urls import path

from shuxiang.interfaces.kiosk.views import home, lending, reader

app_name = "kiosk"
urlpatterns = [
    path("", home.home, name="home"),
    path("enrol/", home.enrol, name="enrol"),
    path("card/", reader.card, name="card"),
    path("end/", reader.end, name="end"),
    path("stay/", reader.stay, name="stay"),
    path("borrow/", lending.borrow, name="borrow"),
    path("return/", lending.give_back, name="return"),
]
