"""Filters of readers' pages: documents, relations, loan terms and card kinds in words."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from shuxiang.interfaces.common.wording import TERMS
from shuxiang.interfaces.portal.terms import Terms

register = template.Library()


_WEEKDAYS = (
    gettext_lazy("Monday"),
    gettext_lazy("Tuesday"),
    gettext_lazy("Wednesday"),
    gettext_lazy("Thursday"),
    gettext_lazy("Friday"),
    gettext_lazy("Saturday"),
    gettext_lazy("Sunday"),
)


@register.filter
def weekday_word(weekday: int) -> str:
    """The name of a weekday, 0 Monday … 6 Sunday."""
    return str(_WEEKDAYS[weekday])


@register.filter
def document_word(kind: str) -> str:
    """居民身份证 for ``idcard``."""
    named = TERMS["kind"].get(kind)
    return _(named) if named else kind


@register.filter
def relation_word(relation: str) -> str:
    """The relation of a guardian, as typed or in words."""
    named = TERMS["relation"].get(relation)
    return _(named) if named else relation


@register.filter
def in_words(terms: Terms) -> list[str]:
    """Loan terms as sentences."""
    said = [
        _("Up to %(books)s books at a time, %(days)s days.")
        % {"books": terms.loan_limit, "days": terms.loan_days}
    ]
    if not terms.renewal_limit:
        said.append(_("No renewal."))
    else:
        said.append(
            ngettext(
                "Renewed once, %(days)s days longer.",
                "Renewed up to %(times)s times, %(days)s days longer each time.",
                terms.renewal_limit,
            )
            % {"times": terms.renewal_limit, "days": terms.renewal_days}
        )
        if terms.renew_within_days is not None:
            said.append(
                _("Renewal opens %(days)s days before the due date.")
                % {"days": terms.renew_within_days}
            )
        if not terms.renew_overdue:
            said.append(_("What is overdue can't be renewed."))
    if terms.overdue_blocks:
        said.append(_("While something is overdue nothing more is lent."))
    return [*said, *_hold_words(terms)]


def _hold_words(terms: Terms) -> list[str]:
    if not terms.hold_limit:
        return [_("No reservations.")]
    said = [
        _("Up to %(n)s reservations, kept %(days)s days for pickup.")
        % {"n": terms.hold_limit, "days": terms.pickup_days}
    ]
    if terms.hold_on_shelf == "never":
        said.append(_("What stands on a shelf is not reserved."))
    elif terms.hold_on_shelf == "elsewhere":
        said.append(_("What stands at the pickup place itself is not reserved."))
    if terms.renewal_limit and not terms.renew_when_held:
        said.append(_("What others wait for can't be renewed."))
    return said


@register.filter
def card_words(category: object) -> list[str]:
    """Who gets a card of a category, and how long it runs."""
    least, most = getattr(category, "least_age", None), getattr(category, "most_age", None)
    said = []
    if getattr(category, "for_groups", False):
        said.append(_("For schools, offices and other groups, with one person responsible."))
    elif least is not None and most is not None:
        said.append(_("From %(least)s to %(most)s years.") % {"least": least, "most": most})
    elif least is not None:
        said.append(_("From %(least)s years.") % {"least": least})
    elif most is not None:
        said.append(_("Up to %(most)s years.") % {"most": most})
    if getattr(category, "needs_guardian", False):
        said.append(_("Under 18 with a guardian."))
    months = int(getattr(category, "valid_months", 0))
    if months % 12 == 0:
        said.append(
            ngettext("Valid for %(n)d year.", "Valid for %(n)d years.", months // 12)
            % {"n": months // 12}
        )
    else:
        said.append(
            ngettext("Valid for %(n)d month.", "Valid for %(n)d months.", months) % {"n": months}
        )
    return said


@register.filter
def thousands(number: int) -> str:
    """``230000`` as ``230,000``."""
    return f"{number:,}"
