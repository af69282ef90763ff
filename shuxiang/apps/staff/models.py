"""Staff accounts, roles, and where a role holds."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models

from shuxiang.ledger.fields import PrimaryKey


class Account(AbstractBaseUser):
    """A member of staff, never a reader. No shared and no default accounts (等保 §7.1.4)."""

    id = PrimaryKey()
    username = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=40)
    home = models.ForeignKey("places.Place", on_delete=models.PROTECT)
    is_active = models.BooleanField(default=True)
    must_change_password = models.BooleanField(default=True)
    password_changed_at = models.DateTimeField()
    failed_logins = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)

    USERNAME_FIELD = "username"


class PasswordHistory(models.Model):
    """Hashes of passwords already used, so that none of the last five comes back."""

    id = PrimaryKey()
    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    password = models.CharField(max_length=128)
    set_at = models.DateTimeField()


class Role(models.Model):
    """A named set of actions; ``*`` ends an action as a wildcard, as in ``circulation.*``."""

    id = PrimaryKey()
    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=40)
    actions = models.JSONField(default=list)


class Grant(models.Model):
    """A role held by an account at a place and everything below it."""

    id = PrimaryKey()
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="grants")
    role = models.ForeignKey(Role, on_delete=models.PROTECT)
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "role", "place"], name="staff_grant_once")
        ]


class DeskPin(models.Model):
    """A clerk's own PIN to take over a desk that is signed in to (Argon2id). ``failures`` counts wrong
    PINs in a row."""

    id = PrimaryKey()
    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="+")
    pin = models.CharField(max_length=128)
    set_at = models.DateTimeField()
    failures = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)


class UnknownName(models.Model):
    """Failed sign-ins under a name nobody has, counted as an account's are, so that the answers do
    not tell which names exist. ``key`` is a keyed hash; the row is deleted a day after ``last_at``."""

    key = models.CharField(max_length=64, primary_key=True)
    failed_logins = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)
    last_at = models.DateTimeField()
