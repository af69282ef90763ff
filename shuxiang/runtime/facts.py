"""What the installation remembers of itself."""

from __future__ import annotations

from shuxiang.runtime import secrets
from shuxiang.runtime.models import Fact

KEY = "key"


def fingerprint() -> str:
    """Tells one secret key from another; the key can't be found from it."""
    return secrets.lookup_hash("installation", KEY)[:16]


def remember_key(value: str = "") -> None:
    """Note which key the library's encrypted numbers open with, the present one unless given;
    harmless when that is known."""
    Fact.objects.get_or_create(name=KEY, defaults={"value": value or fingerprint()})


def is_the_key() -> bool:
    """Whether the present key is the library's; true as long as none was noted."""
    known = Fact.objects.filter(name=KEY).values_list("value", flat=True).first()
    return known is None or known == fingerprint()
