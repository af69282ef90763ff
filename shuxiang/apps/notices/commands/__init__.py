"""The only writers of notices."""

from shuxiang.apps.notices.commands.assembling import Assembled, assemble
from shuxiang.apps.notices.commands.delivering import came_back, claim, settle, settle_cut_off
from shuxiang.apps.notices.commands.forgetting import forget, forget_reader
from shuxiang.apps.notices.commands.letters import queue_letter, write_letter
from shuxiang.apps.notices.commands.preferences import (
    address_checked,
    choose,
    confirm_mail,
    forget_mail,
    give_mail,
    grant_wechat,
    read,
)
from shuxiang.apps.notices.commands.queueing import ToTell, drop, queue
from shuxiang.apps.notices.commands.scanning import scan_site
from shuxiang.apps.notices.commands.templates import set_template

__all__ = [
    "Assembled",
    "ToTell",
    "address_checked",
    "assemble",
    "came_back",
    "choose",
    "claim",
    "confirm_mail",
    "drop",
    "forget",
    "forget_mail",
    "forget_reader",
    "give_mail",
    "grant_wechat",
    "queue",
    "queue_letter",
    "read",
    "scan_site",
    "set_template",
    "settle",
    "settle_cut_off",
    "write_letter",
]
