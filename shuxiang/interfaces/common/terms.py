"""Codes within the facts of a reason, in words: name of the fact → its value → words."""

from __future__ import annotations

from django.utils.translation import gettext_noop

N = gettext_noop

DOCUMENT_KINDS: dict[str, str] = {
    "idcard": N("ID card"),
    "hukou": N("Household register"),
    "passport": N("Passport"),
    "hk-macau-permit": N("Mainland permit for Hong Kong and Macao residents"),
    "taiwan-permit": N("Mainland permit for Taiwan residents"),
    "hmt-residence": N("Residence permit for Hong Kong, Macao and Taiwan residents"),
    "foreigner-permanent": N("Foreign permanent resident card"),
    "officer": N("Officer's card"),
}
"""In the order they are met at a desk."""

TERMS: dict[str, dict[str, str]] = {
    "event": {
        "item.accessioned": N("accessioned"),
        "item.unaccessioned": N("accession undone"),
        "item.moved": N("moved"),
        "item.changed": N("record changed"),
        "item.status": N("state changed"),
        "item.withdrawn": N("withdrawn"),
        "item.used": N("read in house"),
        "item.brought": N("brought back, not on loan then"),
        "loan.opened": N("lent"),
        "loan.renewed": N("renewed"),
        "loan.closed": N("returned"),
        "loan.written_off": N("written off"),
    },
    "relation": {"responsible": N("Responsible person")},
    "kind": {
        **DOCUMENT_KINDS,
        # Of lists that are imported.
        "holdings": N("holdings"),
        "readers": N("readers"),
        "loans": N("open loans"),
        "holds": N("holds"),
        "debts": N("debts"),
    },
    "fault": {
        "length": N("wrong length"),
        "characters": N("characters that don't belong there"),
        "date": N("no such birth date"),
        "check": N("the check digit doesn't fit"),
        "form": N("not the form of this document"),
    },
    "purpose": {
        "reader-data": N("reader rules and use of personal data"),
        "child-data": N("separate consent to a child's data"),
    },
    "field": {
        "name": N("Name"),
        "note": N("Note"),
        "relation": N("Relation"),
        "why": N("Reason"),
        "version": N("Version"),
        "title": N("Headline"),
        "text": N("Text"),
    },
}
