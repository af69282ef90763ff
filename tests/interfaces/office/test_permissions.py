"""Every permission that the package asks for, and every kind and act that the change log gets, has
words, so that no page shows a code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module

from shuxiang.apps.staff.roles import SHIPPED
from shuxiang.interfaces.office import change_words, permissions
from tests.support import house

_ASKING = {"require", "permitted", "may", "staff_required", "permitted_places", "open_patron"}
_ACTION = re.compile(rf"({'|'.join(permissions.AREAS)})\.[a-z_]+(\.[a-z-]+)?")

MEASURES = {"visits.entered"}
"""Named like a permission, but what statistics count."""


def _constants(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def asked(source: str) -> set[str]:
    """The actions a source asks for: in calls that ask, as ``permission=``, as named constants."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
            if name in _ASKING:
                found.update(text for given in node.args for text in _constants(given))
            if name in ("Entry", "command"):
                found.update(
                    text
                    for keyword in node.keywords
                    if keyword.arg in ("permission", "action")
                    for text in _constants(keyword.value)
                )
            if name == "Entry" and len(node.args) > 4:
                found.update(_constants(node.args[4]))
        elif isinstance(node, ast.Assign) and all(
            isinstance(t, ast.Name) and t.id.isupper() for t in node.targets
        ):
            found.update(_constants(node.value))
    return {action for action in found if _ACTION.fullmatch(action)}


def test_every_permission_has_words() -> None:
    wanted = set().union(*(asked(source) for _, source in house.modules())) - MEASURES
    wanted |= {a for _, actions in SHIPPED.values() for a in actions if not a.endswith("*")}
    assert len(wanted) > 30
    assert sorted(wanted - permissions.WORDS.keys()) == []


def test_every_area_of_a_shipped_role_has_words() -> None:
    areas = {permissions.area_of(a) for _, actions in SHIPPED.values() for a in actions}
    assert sorted(areas - permissions.AREAS.keys()) == []


def test_a_planted_permission_is_found() -> None:
    planted = 'RIGHT = "staff.dance"\nrequire(ctx, "places.sing", p)\n@command("x.y", permission="rules.bend")\ndef f(): ...'
    assert asked(planted) == {"staff.dance", "places.sing", "rules.bend"}


def test_wildcards_hold_what_they_cover() -> None:
    by_area = dict(permissions.by_area(("audit.*", "circulation.override.*", "stock.edit")))
    assert len(by_area[permissions.AREAS["audit"]]) == 1
    assert len(by_area[permissions.AREAS["circulation"]]) == sum(
        code.startswith("circulation.override.") for code in permissions.WORDS
    )
    assert by_area[permissions.AREAS["stock"]] == [permissions.WORDS["stock.edit"]]


def logged(source: str) -> tuple[set[str], set[str]]:
    """The kinds and acts a source gives to `changed`, also by a named constant of its own or of another
    module."""
    tree = ast.parse(source)
    names = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("shuxiang."):
            for name in (alias.name for alias in node.names if alias.name.isupper()):
                names[name] = getattr(import_module(str(node.module)), name)
    kinds, acts = set(), set()
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "changed"):
            continue
        kind = node.args[1]
        kinds.add(str(names[kind.id] if isinstance(kind, ast.Name) else ast.literal_eval(kind)))
        acts.update(
            text for k in node.keywords if k.arg == "action" for text in _constants(k.value)
        )
    return kinds, acts


def test_every_kind_and_act_of_the_change_log_has_words() -> None:
    found = [logged(source) for _, source in house.modules() if "import changed" in source]
    kinds = set().union(*(kinds for kinds, _ in found))
    acts = set().union(*(acts for _, acts in found)) | {"added", "changed", "removed"}
    assert len(kinds) > 12
    assert sorted(kinds - change_words.KINDS.keys()) == []
    assert sorted(acts - change_words.ACTS.keys()) == []
