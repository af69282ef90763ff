"""PAIA: discovery systems let readers sign in, see their account, renew and reserve."""
