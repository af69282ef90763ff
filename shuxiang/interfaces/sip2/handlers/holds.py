"""15/16: placing, changing and cancelling holds."""

from __future__ import annotations

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.circulation import commands
from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.patrons.queries import LoanReader
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock.queries import ScannedItem
from shuxiang.formats.sip2 import moment
from shuxiang.interfaces.sip2 import words
from shuxiang.interfaces.sip2.handlers.asked import (
    Asked,
    Fields,
    due,
    item_of,
    pin_holds,
    place_code,
    reader_of,
)
from shuxiang.kernel import clock
from shuxiang.kernel.decision import Refused

PLACE, CHANGE, CANCEL = "+", "*", "-"
THIS_COPY = "3"
"""Hold type (BY) of one particular copy; the others are of the title."""


def hold(asked: Asked) -> str:
    """15 → 16."""
    reader = reader_of(asked.message.get("AA"), asked.profile)
    item = item_of(asked.message.get("AB"), asked.profile)
    title = item.title if item else _title(asked)
    with words.spoken(asked.profile):
        if reader is None or not pin_holds(asked, reader):
            return _refused(asked, item, words.card_unknown())
        if not title:
            return _refused(asked, item, words.item_unknown())
        try:
            if asked.message.fixed["mode"] == PLACE:
                return _place(asked, reader, item, title)
            return _change(asked, reader, item, title)
        except Refused as refused:
            return _refused(asked, item, words.why_not(refused.decision))


def _title(asked: Asked) -> str:
    """The title that AJ names by its id; '' for none."""
    found = catalog.title(asked.message.get("AJ")) if asked.message.get("AJ") else None
    return found.id if found else ""


def _pickup(asked: Asked) -> str:
    """The place that BS names by its code; the terminal's own where it names none we know."""
    given = asked.message.get("BS").casefold()
    if given:
        for place in places.all_places():
            if given in (place.code.casefold(), place_code(place.id).casefold()):
                return place.id
    return asked.profile.place


def _place(asked: Asked, reader: LoanReader, item: ScannedItem | None, title: str) -> str:
    until = moment(asked.message.get("BW"))
    this_copy = item is not None and asked.message.get("BY") == THIS_COPY
    done = commands.place_hold(
        title=None if this_copy else title,
        item_barcode=item.barcode if item and this_copy else None,
        item_library=item.library if item and this_copy else None,
        card=reader.number,
        card_library=reader.library,
        pickup=_pickup(asked),
        expires_on=clock.business_date(until) if until and until > asked.at else None,
        ctx=asked.ctx(),
    )
    fields: Fields = [
        ("BW", due(asked, done.expires_on) or None),
        ("BR", str(done.position)),
        ("BS", _shown_pickup(asked, done.pickup)),
        ("AJ", done.title_text),
        ("AF", words.hold_placed(done.position)),
    ]
    return _response(asked, "1", fields)


def _shown_pickup(asked: Asked, place: str) -> str:
    """The place's code, as it was written where it was asked for."""
    given, code = asked.message.get("BS"), place_code(place)
    return given if given.casefold() == code.casefold() else code


def _change(asked: Asked, reader: LoanReader, item: ScannedItem | None, title: str) -> str:
    mine = next((h for h in circulation.holds_of(reader.patron) if h.title == title), None)
    if mine is None:
        return _refused(asked, item, words.no_hold())
    if asked.message.fixed["mode"] == CANCEL:
        commands.cancel_hold(hold=mine.id, ctx=asked.ctx())
        fields: Fields = [("AJ", mine.title_text), ("AF", words.hold_cancelled())]
        return _response(asked, "1", fields)
    if asked.message.fixed["mode"] != CHANGE:
        return _refused(asked, item, words.not_possible())
    commands.change_pickup(hold=mine.id, pickup=_pickup(asked), ctx=asked.ctx())
    now = circulation.hold(mine.id)
    assert now is not None
    fields = [
        ("BW", due(asked, now.expires_on) or None),
        ("BR", str(now.position)),
        ("BS", _shown_pickup(asked, now.pickup)),
        ("AJ", now.title_text),
        ("AF", words.hold_changed()),
    ]
    return _response(asked, "1", fields)


def _refused(asked: Asked, item: ScannedItem | None, say: str) -> str:
    return _response(asked, "0", [("AJ", item.title_text if item else None), ("AF", say)])


def _response(asked: Asked, ok: str, fields: Fields) -> str:
    """16; a book that has to be fetched first is not available at once."""
    shown: Fields = [
        ("AA", asked.message.get("AA")),
        ("AB", asked.message.get("AB") if asked.message.has("AB") else None),
        *fields,
    ]
    return asked.write("16", {"ok": ok, "available": "N"}, shown)
