"""URLs of the readers' pages; included at the root with the name space ``portal``."""

from django.urls import path

from shuxiang.interfaces.common import converters  # noqa: F401 - registers <id:…> and <year:…>
from shuxiang.interfaces.portal.views import browse, home, report, search, title

app_name = "portal"
urlpatterns = [
    path("", home.home, name="home"),
    path("search/", search.search, name="search"),
    path("title/<id:title_id>/", title.title, name="title"),
    path("title/<id:title_id>/marc/", title.marc, name="marc"),
    path("browse/", browse.classes, name="browse"),
    path("browse/<path:code>/", browse.shelf, name="shelf"),
    path("report/", report.editions, name="reports"),
    path("report/annual-report.css", report.css, name="report_css"),
    path("report/<year:year>/", report.latest, name="report"),
    path("report/<year:year>/<slug:scope>-<int:number>/", report.edition, name="edition"),
    path(
        "report/<year:year>/<slug:scope>-<int:number>/<str:name>",
        report.file,
        name="report_file",
    ),
]
