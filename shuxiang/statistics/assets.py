"""What must hold of the property and of the money it was bought with."""

from __future__ import annotations

from shuxiang.apps.acquisitions import queries as acquisitions
from shuxiang.statistics import property as books
from shuxiang.statistics.checked import Checked, line


def property_balances() -> Checked:
    """P1: the books of the property lead to the stock, owner by owner, in 册 and 码洋."""
    text = "books of the property: opening + in - out = the stock, in items and in price"
    return line("P1", text, books.faults())


def funds_balance() -> Checked:
    """P2: what is set aside of a fund for orders is what they still need, what is spent is what its
    invoices say, and an invoice is the sum of its lines and the freight."""
    text = "funds: set aside = open orders, spent = invoices, an invoice = its lines + freight"
    return line("P2", text, acquisitions.faults())
