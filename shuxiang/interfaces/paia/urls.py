"""Addresses of PAIA auth and PAIA core."""

from django.urls import path

from shuxiang.interfaces.paia import auth, core
from shuxiang.interfaces.paia.asking import nothing

urlpatterns = [
    path("auth/login", auth.login, name="paia_login"),
    path("auth/logout", auth.logout, name="paia_logout"),
    path("auth/change", auth.change, name="paia_change"),
    path("core/<str:patron>", core.patron, name="paia_patron"),
    path("core/<str:patron>/items", core.items, name="paia_items"),
    path("core/<str:patron>/fees", core.fees, name="paia_fees"),
    path("core/<str:patron>/request", core.request_, name="paia_request"),
    path("core/<str:patron>/renew", core.renew, name="paia_renew"),
    path("core/<str:patron>/cancel", core.cancel, name="paia_cancel"),
    path("core/<str:patron>/messages", core.messages, name="paia_messages"),
    path("core/<str:patron>/notifications", core.messages, name="paia_notifications"),
    path("<path:rest>", nothing, name="paia_nothing"),
]
