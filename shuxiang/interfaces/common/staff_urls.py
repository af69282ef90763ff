"""URLs of the staff's session; included under ``staff/`` with the name space ``staff``."""

from django.urls import path

from shuxiang.interfaces.common import machines, staff

app_name = "staff"
urlpatterns = [
    path("calls/", machines.strip, name="calls"),
    path("login/", staff.log_in, name="login"),
    path("logout/", staff.log_out, name="logout"),
    path("password/", staff.change_password, name="password"),
    path("place/", staff.choose_place, name="place"),
]
