"""What the names of CQL mean here: indexes, relations, sort keys."""

from __future__ import annotations

from shuxiang.apps.search.queries import Condition, ConditionUnknown, Joined, Tree
from shuxiang.formats.cql import Boolean, Clause, SortKey
from shuxiang.formats.sru import Index, SruFault, Version

SETS = (
    ("cql", "info:srw/cql-context-set/1/cql-v1.2"),
    ("dc", "info:srw/cql-context-set/1/dc-v1.1"),
    ("bath", "http://zing.z3950.org/cql/bath/2.0/"),
    ("bib", "info:srw/cql-context-set/1/bib-v1"),
    ("rec", "info:srw/cql-context-set/2/rec-1.1"),
)

INDEXES: dict[str, str] = {
    "cql.serverchoice": "any",
    "cql.anywhere": "any",
    "cql.anyindexes": "any",
    "cql.keywords": "any",
    "cql.allrecords": "all",
    "dc.title": "title",
    "dc.creator": "author",
    "dc.contributor": "author",
    "dc.author": "author",
    "dc.subject": "subject",
    "dc.publisher": "publisher",
    "dc.identifier": "isbn",
    "dc.date": "year",
    "dc.language": "language",
    "dc.relation": "series",
    "bath.any": "any",
    "bath.title": "title",
    "bath.name": "author",
    "bath.author": "author",
    "bath.personalname": "author",
    "bath.subject": "subject",
    "bath.isbn": "isbn",
    "bath.issn": "issn",
    "bath.standardidentifier": "isbn",
    "bib.title": "title",
    "bib.name": "author",
    "bib.titleseries": "series",
    "bib.classification": "class",
    "bib.dateissued": "year",
    "rec.id": "id",
    "rec.identifier": "id",
}
"""Index → access point of the search. A name without a set is looked up in dc, bath, bib, rec."""

_TITLES = {
    "any": "任意",
    "all": "全部记录",
    "title": "题名",
    "author": "责任者",
    "subject": "主题",
    "publisher": "出版者",
    "isbn": "ISBN",
    "issn": "ISSN",
    "year": "出版年",
    "language": "语种",
    "series": "丛书",
    "class": "中图法分类号",
    "id": "记录号",
}
SCANNED = {"title": "title_key", "author": "author_key", "subject": "topic_key"}
"""Access points whose terms can be listed → the field of the index they stand in."""

_RELATIONS = {"scr": "=", "exact": "=="}
_SORTS = {"title": ("title", "title"), "year": ("oldest", "year")}


def explained() -> tuple[Index, ...]:
    """The indexes of the explain record."""
    named = [(*name.split(".", 1), point) for name, point in INDEXES.items()]
    return tuple(Index(set_, name, _TITLES[point]) for set_, name, point in named)


def point_of(name: str, version: Version) -> str:
    """The access point an index means. Raises SruFault: 15, 16."""
    if "." in name:
        if name.split(".", 1)[0] not in dict(SETS):
            raise SruFault(15, name.split(".", 1)[0], version)
        if name in INDEXES:
            return INDEXES[name]
    else:
        for set_ in ("dc", "bath", "bib", "rec", "cql"):
            if found := INDEXES.get(f"{set_}.{name}"):
                return found
    raise SruFault(16, name, version)


def tree_of(node: Clause | Boolean, version: Version) -> Tree:
    """The search's tree of a CQL query. Raises SruFault: 15, 16, 19, 20, 37, 46."""
    if isinstance(node, Boolean):
        if node.operator == "prox":
            raise SruFault(37, "prox", version)
        if node.modifiers:
            raise SruFault(46, node.modifiers[0].name, version)
        left, right = tree_of(node.left, version), tree_of(node.right, version)
        return Joined(node.operator, left, right)  # type: ignore[arg-type]
    for modifier in node.modifiers:
        # What our index does with every term anyway.
        if modifier.name not in ("ignorecase", "ignoreaccents", "word", "string", "relevant"):
            raise SruFault(20, modifier.name, version)
    relation = _RELATIONS.get(
        node.relation.removeprefix("cql."), node.relation.removeprefix("cql.")
    )
    return Condition(point_of(node.index, version), relation, node.term)  # type: ignore[arg-type]


def fault_of(error: ConditionUnknown, version: Version) -> SruFault:
    """The diagnostic of a condition the search can't ask."""
    asked = error.condition
    if error.what == "relation":
        return SruFault(22, f"{asked.point} {asked.relation}", version)
    if error.what == "term" and not asked.term.strip("^* "):
        return SruFault(27, asked.point, version)
    return SruFault(6, f"{asked.point} {asked.relation} {asked.term}"[:200], version)


def sort_of(keys: tuple[SortKey, ...], version: Version) -> str:
    """The search's sort for ``sortBy``. Raises SruFault: 16, 80."""
    if not keys:
        return "relevance"
    names = {m.name.removeprefix("sort.") for m in keys[0].modifiers}
    return _sort(point_of(keys[0].index, version), "descending" in names, version)


def sort_of_keys(text: str, version: Version) -> str:
    """The search's sort for the ``sortKeys`` of 1.1: ``path,schema,ascending …``."""
    if not text.strip():
        return "relevance"
    name, _, rest = text.split()[0].partition(",")
    flags = rest.split(",")
    descending = len(flags) > 1 and flags[1] == "0"
    return _sort(point_of(name.lower(), version), descending, version)


def _sort(point: str, descending: bool, version: Version) -> str:
    if point not in _SORTS or (point == "title" and descending):
        raise SruFault(80, point, version)
    return _SORTS[point][descending]
