"""Questions put together from conditions, as other systems ask them (SRU, Z39.50).

A condition names an access point, a relation and a term; conditions are joined by and, or, not.
Unlike a reader's question it means what it says: nothing is relaxed, spelled otherwise or ranked by
what was probably meant.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tantivy import FieldType, Occur, Query

from shuxiang.apps.search import rules
from shuxiang.apps.search.plan import Planner, all_of, any_of

Relation = Literal["=", "==", "all", "any", "adj", "<", "<=", ">", ">=", "<>", "within"]

TEXTS = frozenset({"any", "title", "author", "subject", "series", "publisher"})
NUMBERS = frozenset({"isbn", "issn", "number"})
CODES = frozenset({"class", "language", "kind", "id"})
POINTS = TEXTS | NUMBERS | CODES | {"year", "all"}

_TEXT_RELATIONS = frozenset({"=", "==", "all", "any", "adj", "<>"})
_CODE_RELATIONS = frozenset({"=", "==", "any", "<>"})
_YEAR_RELATIONS = frozenset({"=", "==", "<", "<=", ">", ">=", "within", "<>"})
_LATEST = 9999
_KEYS = {
    "title": ("title_key", "other_key"),
    "author": ("author_key",),
    "subject": ("topic_key",),
    "series": ("topic_key",),
    "publisher": ("topic_key",),
}
_FIELDS = {"title": "title", "author": "author"}


class ConditionUnknown(ValueError):
    """A condition that can't be asked: ``what`` is point, relation or term."""

    def __init__(self, what: str, condition: Condition) -> None:
        super().__init__(f"{what}: {condition}")
        self.what = what
        self.condition = condition


@dataclass(frozen=True, slots=True)
class Condition:
    """``point`` of `POINTS`. A term that ends in ``*`` or begins with ``^`` is the begin of a text."""

    point: str
    relation: Relation
    term: str


@dataclass(frozen=True, slots=True)
class Joined:
    """Two conditions joined by ``and``, ``or`` or ``not`` (the left without the right)."""

    operator: Literal["and", "or", "not"]
    left: Condition | Joined
    right: Condition | Joined


Tree = Condition | Joined


def to_query(tree: Tree, planner: Planner) -> Query:
    """The index query of a tree. Raises ConditionUnknown."""
    if isinstance(tree, Condition):
        return _condition(tree, planner)
    left, right = to_query(tree.left, planner), to_query(tree.right, planner)
    if tree.operator == "or":
        return Query.boolean_query([(Occur.Should, left), (Occur.Should, right)])
    without = Occur.MustNot if tree.operator == "not" else Occur.Must
    return Query.boolean_query([(Occur.Must, left), (without, right)])


def _condition(asked: Condition, planner: Planner) -> Query:
    if asked.relation == "<>":
        same = _condition(Condition(asked.point, "=", asked.term), planner)
        return Query.boolean_query([(Occur.Must, planner.everything()), (Occur.MustNot, same)])
    if asked.point == "all":
        return planner.everything()
    if asked.point == "year":
        return _year(asked, planner)
    if asked.point in TEXTS:
        return _text(asked, planner)
    if asked.point in NUMBERS | CODES:
        return _code(asked, planner)
    raise ConditionUnknown("point", asked)


def _known(asked: Condition, relations: frozenset[str]) -> None:
    if asked.relation not in relations:
        raise ConditionUnknown("relation", asked)


def _year(asked: Condition, planner: Planner) -> Query:
    _known(asked, _YEAR_RELATIONS)
    years = asked.term.replace("-", " ").split() if asked.relation == "within" else [asked.term]
    if not all(y.isascii() and y.isdigit() and len(y) <= 4 for y in years) or not (
        len(years) == (2 if asked.relation == "within" else 1)
    ):
        raise ConditionUnknown("term", asked)
    numbers = [int(y) for y in years]
    low, high = {
        "<": (1, numbers[0] - 1),
        "<=": (1, numbers[0]),
        ">": (numbers[0] + 1, _LATEST),
        ">=": (numbers[0], _LATEST),
        "within": (numbers[0], numbers[-1]),
    }.get(asked.relation, (numbers[0], numbers[0]))
    return Query.range_query(planner.schema, "year", FieldType.Unsigned, max(low, 0), max(high, 0))


def _code(asked: Condition, planner: Planner) -> Query:
    _known(asked, _CODE_RELATIONS)
    terms = asked.term.split() if asked.relation == "any" else [asked.term]
    made = [q for term in terms for q in _code_queries(asked.point, term, planner)]
    if not made:
        raise ConditionUnknown("term", asked)
    return any_of(made)


def _code_queries(point: str, term: str, planner: Planner) -> list[Query]:
    if point in NUMBERS:
        forms = {rules.number_key(term), *rules.isbn_forms(term)}
        return [planner.term("number", form) for form in sorted(forms) if form]
    fold: dict[str, Callable[[str], str]] = {
        "class": rules.class_key,
        "language": lambda text: text.strip().lower(),
    }
    value = fold.get(point, str.strip)(term)
    return [planner.term(point, value)] if value else []


def _text(asked: Condition, planner: Planner) -> Query:
    _known(asked, _TEXT_RELATIONS)
    begins = asked.term.startswith("^") or (asked.term.endswith("*") and asked.point == "title")
    text = asked.term.strip("^* ")
    compacted = rules.compact(text)
    if not compacted:
        raise ConditionUnknown("term", asked)
    if begins and asked.point == "title":
        return _begin(compacted, planner)
    if asked.relation == "==":
        return _whole(asked.point, text, compacted, planner)
    if asked.relation in ("all", "any"):
        made = [_inside(asked.point, part, planner) for part in text.split()]
        parts = [query for query in made if query is not None]
        if not parts:
            raise ConditionUnknown("term", asked)
        return any_of(parts) if asked.relation == "any" else all_of(parts)
    inside = _inside(asked.point, text, planner)
    if inside is None:
        raise ConditionUnknown("term", asked)
    return inside


def _whole(point: str, text: str, compacted: str, planner: Planner) -> Query:
    if point == "any":
        return any_of([_whole(each, text, compacted, planner) for each in ("title", "author")])
    bare = rules.person_key(text) if point == "author" else compacted.replace(" ", "")
    return any_of([planner.term(field, bare) for field in _KEYS[point]])


def _inside(point: str, text: str, planner: Planner) -> Query | None:
    """What has the text in it, one unit after another."""
    question = rules.read_question(text.strip("*"))
    if question.is_empty:
        return None
    if point == "any":
        return planner.plan(question).found
    grams = rules.grams_of_compact(rules.compact(text.strip("*")))
    if not grams:
        return None
    field = _FIELDS.get(point, "text")
    if len(grams) == 1 and len(grams[0]) == 1 and not grams[0].isascii():
        # One character alone stands in no pair; the characters of titles and names are kept apart.
        return planner.term("characters", grams[0])
    made = [planner.phrase(field, grams)]
    made += [planner.term(key, rules.key(text)) for key in _KEYS[point]]
    return any_of(made)


def _begin(compacted: str, planner: Planner) -> Query:
    first = planner.term("starts", rules.starts(compacted)[-1])
    grams = rules.grams_of_compact(compacted)
    return all_of([first, planner.phrase("title", grams)]) if len(grams) > 1 else first
