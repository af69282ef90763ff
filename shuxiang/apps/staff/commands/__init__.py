"""The only writers of accounts, roles, grants and desk PINs."""

from shuxiang.apps.staff.commands.accounts import (
    activate,
    add_account,
    change_account,
    deactivate,
    hashed,
    one_time_password,
    set_password,
    unlock,
    used_before,
)
from shuxiang.apps.staff.commands.audit import log_export
from shuxiang.apps.staff.commands.grants import (
    grant,
    remove_role,
    revoke,
    seed_roles,
    set_role,
)
from shuxiang.apps.staff.commands.signing_in import Login, forget_unknown_names, log_in
from shuxiang.apps.staff.desk.commands import Taken, pin_hash, set_desk_pin, take_desk

__all__ = [
    "Login",
    "Taken",
    "activate",
    "add_account",
    "change_account",
    "deactivate",
    "forget_unknown_names",
    "grant",
    "hashed",
    "log_export",
    "log_in",
    "one_time_password",
    "pin_hash",
    "remove_role",
    "revoke",
    "seed_roles",
    "set_desk_pin",
    "set_password",
    "set_role",
    "take_desk",
    "unlock",
    "used_before",
]
