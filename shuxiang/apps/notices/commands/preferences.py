"""What a reader says of channels and kinds, by themselves on the portal; what they have read."""

from __future__ import annotations

import hmac
import re
from datetime import timedelta

from shuxiang.apps.notices import models, queries, rules
from shuxiang.apps.notices.kinds import KINDS
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.commands import command, require
from shuxiang.runtime.secrets import encrypt, lookup_hash

OWN = "notices.own"
MANAGE = "patrons.change"
CODE_FOR = timedelta(minutes=30)
WRONG_MOST = 5
ADDRESS_MOST = 120
_MAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def _own(ctx: Context) -> str:
    """The reader who acts: nobody says anything for another."""
    require(ctx, OWN, ctx.service_point)
    if ctx.actor.kind != "patron" or not ctx.actor.id:
        raise refuse(stop("not-permitted", action=OWN))
    return ctx.actor.id


def _whose(patron: str, ctx: Context) -> str:
    """The reader it is about: oneself, a child one is the guardian of, or at the desk anybody who is
    there and says so."""
    if ctx.actor.kind == "staff" and patron:
        require(ctx, MANAGE, ctx.service_point)
        return patron
    own = _own(ctx)
    if patron in ("", own):
        return own
    children = patrons.acts_for(own, clock.business_date(ctx.occurred_at))
    if patron not in {c.patron for c in children if c.how == patrons.GUARDIAN}:
        raise refuse(stop("not-permitted", action=OWN))
    return patron


@command("notices.choose")
def choose(
    *, channels: dict[str, bool], unwanted: tuple[str, ...], patron: str = "", ctx: Context
) -> None:
    """Say which channels may be used and which kinds are not wanted, for oneself or for a child. What
    must be told can't be opted out of; a mail address must be confirmed first."""
    patron = _whose(patron, ctx)
    reasons = [stop("channel-unknown", channel=c) for c in channels if c not in rules.PUSHED]
    for code in unwanted:
        if code not in KINDS:
            reasons.append(stop("notice-kind-unknown", kind=code))
        elif KINDS[code].needed:
            reasons.append(stop("notice-needed", kind=code))
    mail = models.ReaderChannel.objects.filter(patron=patron, channel=rules.MAIL).first()
    if channels.get(rules.MAIL) and (mail is None or mail.confirmed_at is None):
        reasons.append(stop("mail-not-confirmed"))
    if reasons:
        raise refuse(*reasons)
    for channel, on in channels.items():
        row = _row(patron, channel)
        if row.on != on:
            models.ReaderChannel.objects.filter(id=row.id).update(on=on, said_at=ctx.occurred_at)
    models.OptOut.objects.filter(patron=patron).exclude(kind__in=unwanted).delete()
    known = set(models.OptOut.objects.filter(patron=patron).values_list("kind", flat=True))
    models.OptOut.objects.bulk_create(
        models.OptOut(id=new_id(), patron=patron, kind=code, at=ctx.occurred_at)
        for code in dict.fromkeys(unwanted)
        if code not in known
    )


def _row(patron: str, channel: str) -> models.ReaderChannel:
    return models.ReaderChannel.objects.select_for_update().get_or_create(
        patron=patron, channel=channel, defaults={"id": new_id()}
    )[0]


@command("notices.give_mail")
def give_mail(*, address: str, code: str, ctx: Context) -> None:
    """Keep a mail address, and send the code to it that must be typed in before it is used. One that
    was in use before is gone."""
    patron = _own(ctx)
    address = address.strip()
    if not _MAIL.fullmatch(address) or len(address) > ADDRESS_MOST:
        raise refuse(stop("mail-invalid", field="address"))
    row = _row(patron, rules.MAIL)
    models.ReaderChannel.objects.filter(id=row.id).update(
        address=encrypt(address),
        address_hash=queries.mail_hash(address),
        confirmed_at=None,
        on=None,
        said_at=ctx.occurred_at,
        code_hash=_code_hash(patron, code),
        code_until=ctx.occurred_at + CODE_FOR,
        wrong_codes=0,
        failing_since=None,
        failing_why="",
        failing_hash="",
    )
    home = places.place(ctx.service_point)
    telling = models.Telling.objects.create(
        id=new_id(),
        patron=patron,
        place_id=home.id,
        day=clock.business_date(ctx.occurred_at),
        at=ctx.occurred_at,
        kinds=rules.CONFIRM,
        needed=True,
    )
    models.Message.objects.create(
        id=new_id(),
        telling=telling,
        channel=rules.MAIL,
        subject=f"{places.place(home.library).name}：邮箱验证码",
        text=rules.CONFIRM_TEXT.format(code=code, minutes=int(CODE_FOR.total_seconds() // 60)),
        next_try=ctx.occurred_at,
    )


@command("notices.confirm_mail")
def confirm_mail(*, code: str, ctx: Context) -> bool:
    """The code that was sent to the address was typed in: from now on notices go there. False and
    nothing but a wrong try noted when it is another one."""
    patron = _own(ctx)
    row = _row(patron, rules.MAIL)
    if not row.code_hash or row.code_until is None or row.code_until < ctx.occurred_at:
        raise refuse(stop("mail-code-over"))
    if row.wrong_codes >= WRONG_MOST:
        raise refuse(stop("mail-code-over"))
    if not hmac.compare_digest(row.code_hash, _code_hash(patron, code)):
        row.wrong_codes += 1
        row.save(update_fields=["wrong_codes"])
        return False
    row.code_hash, row.code_until = "", None
    row.confirmed_at, row.on, row.said_at = ctx.occurred_at, True, ctx.occurred_at
    row.save(update_fields=["code_hash", "code_until", "confirmed_at", "on", "said_at"])
    return True


@command("notices.forget_mail")
def forget_mail(*, ctx: Context) -> None:
    """Take the mail address back: it is deleted at once."""
    patron = _own(ctx)
    models.ReaderChannel.objects.filter(patron=patron, channel=rules.MAIL).delete()


def _code_hash(patron: str, code: str) -> str:
    """The keyed hash of a code, good for that reader alone."""
    return lookup_hash("notice-code", f"{patron}|{code.strip()}")


@command("notices.read")
def read(*, ctx: Context) -> int:
    """The reader has seen everything in their inbox, their children's messages too; returns how many
    were new."""
    patron = _own(ctx)
    readers = queries.inbox_of(patron, clock.business_date(ctx.occurred_at))
    rows = models.Message.objects.filter(
        telling__patron__in=list(readers), channel=rules.INBOX, read_at=None
    )
    return int(rows.update(read_at=ctx.occurred_at))


@command("notices.grant_wechat")
def grant_wechat(*, patron: str, template: str, count: int = 1, ctx: Context) -> int:
    """A reader let WeChat send ``count`` more messages of a template; returns how many are left."""
    require(ctx, OWN, ctx.service_point)
    row = models.WechatConsent.objects.select_for_update().get_or_create(
        patron=patron, template=template, defaults={"id": new_id()}
    )[0]
    row.remaining = min(row.remaining + max(count, 0), 100)
    row.save(update_fields=["remaining"])
    return int(row.remaining)


@command("notices.address_checked")
def address_checked(*, patron: str, channel: str, ctx: Context) -> None:
    """Staff have checked an address that failed: it is tried again."""
    require(ctx, MANAGE, ctx.service_point)
    rows = models.ReaderChannel.objects.filter(patron=patron, channel=channel)
    if not rows.exclude(failing_since=None).update(
        failing_since=None, failing_why="", failing_hash=""
    ):
        raise refuse(stop("address-not-failing"))
