"""A library's own words for its notices."""

from __future__ import annotations

from shuxiang.apps.notices import models, rules
from shuxiang.apps.notices.kinds import KINDS
from shuxiang.apps.places import queries as places
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Refused, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.changes import changed
from shuxiang.runtime.commands import command, require

EDIT = "notices.templates"
FIELDS = ("subject", "long", "short")


@command("notices.set_template")
def set_template(
    *, library: str, kind: str, subject: str, long: str, short: str, ctx: Context
) -> None:
    """Say a kind of notice in a library's own words; three empty texts take them back."""
    if library not in {p.id for p in places.all_places()}:
        raise refuse(stop("place-unknown"))
    require(ctx, EDIT, library)
    if kind not in KINDS:
        raise refuse(stop("notice-kind-unknown", kind=kind))
    subject, short = " ".join(subject.split()), " ".join(short.split())
    long = long.replace("\r\n", "\n").strip()
    row = models.Template.objects.filter(library=library, kind=kind).first()
    before = {name: getattr(row, name) for name in FIELDS} if row else None
    if not (subject or long or short):
        models.Template.objects.filter(library=library, kind=kind).delete()
        after = None
    else:
        decision = rules.against_text(
            KINDS[kind],
            subject=subject,
            long=long,
            short=short,
            titles=bool(places.setting(library, "notices.sms_titles").value),
        )
        if not decision.allowed:
            raise Refused(decision)
        after = {"subject": subject, "long": long, "short": short}
        models.Template.objects.update_or_create(
            library_id=library,
            kind=kind,
            defaults={**after, "account": ctx.actor.id, "changed_at": ctx.occurred_at},
            create_defaults={
                **after,
                "id": new_id(),
                "account": ctx.actor.id,
                "changed_at": ctx.occurred_at,
            },
        )
    if before is not None or after is not None:
        changed(ctx, "notice-text", kind, KINDS[kind].name_zh, before, after, place=library)
