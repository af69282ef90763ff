"""Indicators, daily counts, cross-checks and the annual report: what the ledger adds up to."""
