"""Every address of the web process, door by door."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from shuxiang.interfaces.api.api import api
from shuxiang.interfaces.common.health import healthz
from shuxiang.interfaces.daia.views import answer as daia
from shuxiang.interfaces.ilsdi.views import answer as ilsdi
from shuxiang.interfaces.oai.views import answer as oai
from shuxiang.interfaces.sru.views import answer as sru

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("", include("shuxiang.interfaces.common.urls")),
    path("staff/", include("shuxiang.interfaces.common.staff_urls")),
    path("desk/", include("shuxiang.interfaces.desk.urls")),
    path("office/", include("shuxiang.interfaces.office.urls")),
    path("kiosk/", include("shuxiang.interfaces.kiosk.urls")),
    path("offline/", include("shuxiang.interfaces.offline.urls")),
    path("api/v1/", api.urls),
    path("oai", oai, name="oai"),
    path("sru", sru, name="sru"),
    path("daia", daia, name="daia"),
    path("paia/", include("shuxiang.interfaces.paia.urls")),
    path("ilsdi", ilsdi, name="ilsdi"),
    path("", include("shuxiang.interfaces.portal.urls")),
]

handler400 = "shuxiang.interfaces.common.errors.handler400"
handler403 = "shuxiang.interfaces.common.errors.handler403"
handler404 = "shuxiang.interfaces.common.errors.handler404"
handler500 = "shuxiang.interfaces.common.errors.handler500"
