"""URLs of the office; included under ``office/`` with the name space ``office``."""

from django.urls import path

from shuxiang.interfaces.common import converters  # noqa: F401 - registers <id:…> and <year:…>
from shuxiang.interfaces.office.views import (
    editions,
    home,
    imports,
    loan_rules,
    report,
    rows,
    visits,
)

app_name = "office"
urlpatterns = [
    path("", home.home, name="home"),
    path("visits/", visits.visits, name="visits"),
    path("visits/<id:entry_id>/", visits.correct, name="visits_correct"),
    path("report/", report.draft, name="report"),
    path("report/explain/", report.explain, name="report_explain"),
    path("report/publish/", report.publish, name="report_publish"),
    path("report/text/", report.text, name="report_text"),
    path("report/draft/<str:name>", report.file, name="report_file"),
    path("editions/", editions.editions, name="editions"),
    path("editions/<id:edition_id>/<str:name>", editions.file, name="edition_file"),
    path("statistics/<year:year>/<slug:code>/", rows.rows, name="rows"),
    path("imports/", imports.batches, name="imports"),
    path("imports/<str:number>/", imports.batch, name="import"),
    path("imports/<str:number>/set-aside/", imports.set_aside, name="set_aside"),
    path("rules/", loan_rules.matrix, name="rules"),
]
