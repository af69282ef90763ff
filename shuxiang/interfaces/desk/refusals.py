"""Refusals at the field they are about, and which of them the clerk may answer or lift."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest

from shuxiang.interfaces.common import staff
from shuxiang.interfaces.common.wording import say
from shuxiang.kernel.decision import Decision, Reason, Severity

FIELD_OF = {
    "name-missing": "name",
    "phone-invalid": "phone",
    "sex-invalid": "sex",
    "why-missing": "why",
    "category-unknown": "category",
    "category-for-groups": "category",
    "age-below-category": "category",
    "age-above-category": "category",
    "birth-missing": "born_on",
    "birth-in-future": "born_on",
    "birth-mismatch": "born_on",
    "document-missing": "document",
    "document-invalid": "document",
    "document-held": "document",
    "document-known": "document",
    "document-kind-unknown": "document_kind",
    "maybe-registered": "name",
    "guardian-missing": "guardian_name",
    "guardian-name-missing": "guardian_name",
    "guardian-relation-missing": "guardian_relation",
    "guardian-phone-missing": "guardian_phone",
    "guardian-document-missing": "guardian_document",
    "guardian-document-invalid": "guardian_document",
    "guardian-is-minor": "guardian_document",
    "responsible-missing": "guardian_name",
    "responsible-phone-missing": "guardian_phone",
    "card-number-form": "card_number",
    "card-number-is-id": "card_number",
    "card-number-taken": "card_number",
    "day-past": "until",
    "card-unknown": "proxy_card",
    "card-ambiguous": "proxy_card",
    "proxy-is-reader": "proxy_card",
    "proxy-known": "proxy_card",
    "proxy-unfit": "proxy_card",
    "proxy-dates": "proxy_until",
}

LIFTABLE = ("age-below-category", "age-above-category")
"""Reasons lifted with the permission ``patrons.override.<code>``; those that ask need an answer."""


def field_of(reason: Reason) -> str:
    """The form field a reason is about; '' for none."""
    if reason.code == "consent-missing":
        return f"consent_{reason.data['purpose']}".replace("-", "_")
    if reason.code == "text-too-long":
        return str(reason.data["field"])
    if reason.code == "document-is-guardians":
        return "document"
    return FIELD_OF.get(reason.code, "")


def add_to(form: forms.Form, decision: Decision) -> None:
    """Every refusing reason in words, at its field or on top."""
    for reason in decision.refusing:
        name = field_of(reason)
        form.add_error(name if name in form.fields else None, say(reason))


def liftable(request: HttpRequest, decision: Decision) -> tuple[str, ...]:
    """Codes the clerk may answer or lift here, in the order found."""
    return tuple(
        r.code
        for r in decision.refusing
        if r.severity is Severity.ASK
        or (r.code in LIFTABLE and staff.may(request, f"patrons.override.{r.code}"))
    )
