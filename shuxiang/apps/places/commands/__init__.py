"""The only writers of places, settings, calendars and announcements."""

from shuxiang.apps.places.commands.announcements import (
    announce,
    set_page_text,
    withdraw_announcement,
)
from shuxiang.apps.places.commands.calendar import clear_day, set_day, set_week
from shuxiang.apps.places.commands.calls import answer_call, call_staff, forget_calls
from shuxiang.apps.places.commands.devices import (
    NewDevice,
    add_device,
    add_hashed,
    change_device,
    renew_secret,
)
from shuxiang.apps.places.commands.holidays import remove_holiday, seed_holidays, set_holiday
from shuxiang.apps.places.commands.tree import (
    add_location,
    add_place,
    change_location,
    change_place,
    close_place,
    reopen_place,
    set_setting,
)

__all__ = [
    "NewDevice",
    "add_device",
    "add_hashed",
    "add_location",
    "add_place",
    "announce",
    "answer_call",
    "call_staff",
    "change_device",
    "change_location",
    "change_place",
    "clear_day",
    "close_place",
    "forget_calls",
    "remove_holiday",
    "renew_secret",
    "reopen_place",
    "seed_holidays",
    "set_day",
    "set_holiday",
    "set_page_text",
    "set_setting",
    "set_week",
    "withdraw_announcement",
]
