"""Reasons about money and credit points in words (`wording`)."""

from __future__ import annotations

from django.utils.translation import gettext_noop

N = gettext_noop

FEES: dict[str, str] = {
    "fees-off": N("No money is handled here: the setting is off."),
    "fees-owed": N("%(owed)s yuan is owed; above %(limit)s yuan nothing is lent."),
    "points-frozen": N("No credit points are left: borrowing opens again on %(until)s."),
    "points-frozen-for-good": N("No credit points are left: the desk has to give some back."),
    "deposit-missing": N("A deposit of %(needed)s yuan is needed; %(held)s yuan is held."),
    "price-above-deposit": N("It costs %(price)s yuan; the deposit is %(held)s yuan."),
    "fee-charged": N("Overdue charge: %(amount)s yuan. Owed in all: %(owed)s yuan."),
    "fee-amnesty": N("Overdue charge of %(amount)s yuan waived: %(why)s"),
    "points-lost": N("%(points)s credit points lost; %(left)s left."),
    "fee-already-paid": N("Its overdue charge is paid already: take that payment back first."),
    "amount-too-large": N("The amount is too large: at most %(most)s yuan."),
    "pay-method-unknown": N("There is no way of paying %(method)s."),
    "pay-too-much": N("Only %(owed)s yuan is owed."),
    "charge-kind-unknown": N("There is no charge of the kind %(kind)s."),
    "charge-unknown": N("There is no such charge."),
    "charge-settled": N("Nothing of this charge is open any more."),
    "charge-refunded": N("Part of this payment was given back already."),
    "charges-open": N("%(owed)s yuan is still owed: it must be paid or waived first."),
    "waive-too-much": N("Only %(open)s yuan is open."),
    "refund-too-much": N("Only %(paid)s yuan was paid."),
    "payment-unknown": N("There is no such payment."),
    "payment-reversed": N("This payment was taken back already."),
    "drawer-short": N("Your drawer holds %(held)s yuan in cash: enter what you put in first."),
    "cash-way-unknown": N("Say whether cash is put in or handed over."),
    "deposit-none": N("No deposit is held."),
    "deposit-too-little": N("Only %(held)s yuan of deposit is held."),
    "deposit-in-books": N("A deposit of %(held)s yuan is held: give it back first."),
    "reader-in-books": N("The books name this reader."),
    "credit-basis-missing": N("Say on what the credit rests."),
    "credit-days": N("The last day must not be before the first."),
    "credit-exists": N("The reader already borrows without a deposit then."),
    "credit-unknown": N("There is no such credit in force."),
    "points-complete": N("No credit points are missing."),
    "amnesty-days": N(
        "The last day must not be before the first, nor more than %(most)s days later."
    ),
    "amnesty-nothing": N("Choose charges, points or both."),
    "amnesty-unknown": N("There is no such amnesty."),
    "amnesty-undone": N("This amnesty was taken back already."),
    "fee-rule-kind": N("There is no rule of the kind %(kind)s."),
    "fee-rule-numbers": N("One of the numbers is not possible."),
    "fee-rule-past": N("A rule about money begins today at the earliest."),
}
