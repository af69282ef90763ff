"""The roles a new library starts with. 三权分立: administrators can't read or clear the audit,
auditors can't change data."""

from __future__ import annotations

SHIPPED: dict[str, tuple[str, tuple[str, ...]]] = {
    "admin": ("系统管理员", ("places.*", "staff.*", "rules.*", "catalog.import", "system.*")),
    "auditor": ("审计员", ("audit.*",)),
    "director": (
        "馆长",
        (
            "circulation.*",
            "patrons.*",
            "catalog.*",
            "stock.*",
            "statistics.*",
            "rules.*",
            "places.edit",
        ),
    ),
    "desk": (
        "流通馆员",
        (
            "circulation.check_out",
            "circulation.check_in",
            "circulation.renew",
            "circulation.in_house_use",
            "circulation.undo",
            "circulation.override.loan-limit",
            "circulation.override.card-expired",
            "circulation.override.renewal-limit",
            "circulation.override.overdue-loans",
            "patrons.*",
            "statistics.enter_visits",
        ),
    ),
    "branch": (
        "分馆管理员",
        (
            "circulation.check_out",
            "circulation.check_in",
            "circulation.renew",
            "circulation.in_house_use",
            "circulation.undo",
            "patrons.register",
            "patrons.cards",
            "patrons.change",
            "patrons.view",
            "statistics.enter_visits",
            "statistics.view",
        ),
    ),
    "cataloguer": ("编目员", ("catalog.*", "stock.*")),
}
