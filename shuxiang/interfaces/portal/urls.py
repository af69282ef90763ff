"""URLs of the readers' pages; included at the root with the name space ``portal``."""

from django.urls import path

from shuxiang.interfaces.common import converters  # noqa: F401 - registers <id:…> and <year:…>
from shuxiang.interfaces.portal.views import (
    account,
    browse,
    family,
    holds,
    home,
    library,
    money,
    notices,
    report,
    search,
    sign_in,
    title,
)

app_name = "portal"
urlpatterns = [
    path("", home.home, name="home"),
    path("search/", search.search, name="search"),
    path("title/<id:title_id>/", title.title, name="title"),
    path("title/<id:title_id>/reserve/", holds.reserve, name="reserve"),
    path("title/<id:title_id>/marc/", title.marc, name="marc"),
    path("browse/", browse.classes, name="browse"),
    path("browse/<path:code>/", browse.shelf, name="shelf"),
    path("about/", library.about, name="about"),
    path("places/", library.places_, name="places"),
    path("opening/", library.opening, name="opening"),
    path("rules/", library.rules, name="rules"),
    path("rules/card/", library.card, name="card_rules"),
    path("news/", library.news, name="news"),
    path("news/<id:announcement_id>/", library.announcement, name="announcement"),
    path("account/", account.account, name="account"),
    path("account/messages/", notices.messages, name="messages"),
    path("account/notices/", notices.settings, name="notice_settings"),
    path("account/notices/mail/", notices.mail, name="notice_mail"),
    path("account/holds/", holds.holds, name="holds"),
    path("account/holds/<id:hold>/<slug:name>/", holds.act, name="hold_act"),
    path("account/renew/", account.renew, name="renew"),
    path("account/family/", family.family, name="family"),
    path("account/family/act/", family.act_for, name="act_for"),
    path("account/family/end/", family.end, name="end_proxy"),
    path("account/money/", money.money, name="money"),
    path("account/history/", account.history, name="history"),
    path("account/profile/", account.profile, name="profile"),
    path("account/profile/bind/", account.bind, name="bind"),
    path("account/pin/", sign_in.change_pin, name="pin"),
    path("account/pin/changed/", sign_in.pin_changed, name="pin_changed"),
    path("account/sign-in/", sign_in.sign_in, name="sign_in"),
    path("account/sign-out/", sign_in.sign_out, name="sign_out"),
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
