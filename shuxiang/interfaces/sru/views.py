"""Answers to SRU requests (1.1, 1.2, 2.0): explain, searchRetrieve, scan."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.places import queries as places
from shuxiang.apps.search import queries as search
from shuxiang.apps.search.queries import MAX_DEPTH, ConditionUnknown
from shuxiang.formats import sru
from shuxiang.formats.cql import Clause, CqlFault, parse
from shuxiang.formats.sru import Diagnostic, ScannedTerm, Server, SruFault, SruRequest
from shuxiang.interfaces.common.records import as_xml, xml_answer
from shuxiang.interfaces.sru import cql


@csrf_exempt
@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest) -> HttpResponse:
    """The one address of the protocol; a fault is a diagnostic, never a page of ours."""
    parameters = request.POST if request.method == "POST" else request.GET
    operation = "scan" if "scanClause" in parameters else "searchRetrieve"
    try:
        asked = sru.read((name, values[-1]) for name, values in parameters.lists())
        operation = asked.operation
        text = _ANSWERS[asked.operation](asked, request)
    except SruFault as fault:
        told = Diagnostic(fault.diagnostic, fault.details)
        text = sru.fault(fault.version, told, operation)
    return xml_answer(text, "application/xml")


def _explain(asked: SruRequest, request: HttpRequest) -> str:
    host, _, port = request.get_host().rpartition(":")
    name, number = (host, port) if host and port.isdigit() else (request.get_host(), "")
    server = Server(
        host=name,
        port=int(number or (443 if request.is_secure() else 80)),
        database=request.path.strip("/"),
        title=places.main_library().name,
        indexes=cql.explained(),
        sets=cql.SETS,
    )
    return sru.explain(asked, server)


def _search(asked: SruRequest, request: HttpRequest) -> str:
    schema = sru.schema_of(asked.schema)
    if schema is None:
        raise SruFault(66, asked.schema, asked.version)
    try:
        query = parse(asked.query)
        tree = cql.tree_of(query.root, asked.version)
        sort = cql.sort_of(query.sort, asked.version)
        if not query.sort:
            sort = cql.sort_of_keys(asked.sort_keys, asked.version)
        if asked.start + asked.maximum > MAX_DEPTH:
            raise SruFault(61, str(asked.start), asked.version)
        ids, total = search.index().select(
            tree, offset=asked.start - 1, limit=asked.maximum, sort=sort
        )
    except CqlFault as fault:
        raise SruFault(fault.diagnostic, fault.details, asked.version) from None
    except ConditionUnknown as error:
        raise cql.fault_of(error, asked.version) from None
    if asked.start > max(total, 1):
        raise SruFault(61, str(asked.start), asked.version)
    found = catalog.harvested_of(ids)
    made = [
        xml
        for each in found
        if each.source is not None
        and (xml := as_xml(each.source, schema.name, changed=each.changed))
    ]
    return sru.records(asked, count=total, found=made, schema=schema)


def _scan(asked: SruRequest, request: HttpRequest) -> str:
    try:
        root = parse(asked.query).root
    except CqlFault as fault:
        raise SruFault(fault.diagnostic, fault.details, asked.version) from None
    if not isinstance(root, Clause):
        raise SruFault(37, "", asked.version)
    point = cql.point_of(root.index, asked.version)
    field = cql.SCANNED.get("title" if point == "any" else point)
    if field is None:
        raise SruFault(16, root.index, asked.version)
    terms = search.index().terms(field, search.folded(root.term), asked.maximum)
    return sru.scan(asked, [ScannedTerm(term, count) for term, count in terms])


_ANSWERS = {"explain": _explain, "searchRetrieve": _search, "scan": _scan}
