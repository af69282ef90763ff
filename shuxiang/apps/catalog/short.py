"""The short record: the few fields a library types by hand, to and from a CNMARC record.

A new record is built from it; a correction writes only the fields that changed back into the record
as it came, so that whatever else a cataloguer elsewhere put there stays.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

from shuxiang.formats.clc import main_class, normalise_class
from shuxiang.formats.identifiers import normalise_unified_number, parse_isbn, parse_year
from shuxiang.formats.marc import Bibliographic, ControlField, DataField, Field, Record, to_cnmarc
from shuxiang.formats.marc.bibliographic.model import Body, BookNumber, Person, Series
from shuxiang.kernel.decision import Reason, ask, stop
from shuxiang.kernel.values import yuan

AUDIENCES: Final = ("em", "b", "c", "d", "e")
BETWEEN: Final = " ; "
LENGTHS: Final = {
    "title": 500,
    "subtitle": 500,
    "part_number": 60,
    "part_name": 120,
    "responsibility": 500,
    "edition": 120,
    "publication_place": 120,
    "publisher": 200,
    "date": 40,
    "extent": 120,
    "dimensions": 60,
    "isbn": 40,
    "series": 200,
    "series_volume": 40,
    "clc": 60,
    "keywords": 300,
    "abstract": 3000,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortRecord:
    """What stands on the form. Texts are stripped, absent ones ``""``.

    ``responsibility`` holds the statements in their order between `` ; `` (余华著 ; 张三绘),
    ``subtitle`` and ``keywords`` likewise; ``isbn`` may be a 统一书号; ``date`` is the year as printed; ``price_fen`` is in 分.
    """

    title: str
    subtitle: str = ""
    part_number: str = ""
    part_name: str = ""
    responsibility: str = ""
    edition: str = ""
    publication_place: str = ""
    publisher: str = ""
    date: str = ""
    extent: str = ""
    dimensions: str = ""
    isbn: str = ""
    price_fen: int | None = None
    series: str = ""
    series_volume: str = ""
    clc: str = ""
    audience: str = "em"
    keywords: str = ""
    abstract: str = ""

    def changes(self, other: ShortRecord) -> tuple[str, ...]:
        """Names of the fields in which ``other`` differs, in the form's order."""
        mine, theirs = asdict(self), asdict(other)
        return tuple(name for name in mine if mine[name] != theirs[name])


def _parts(text: str) -> tuple[str, ...]:
    return tuple(p.strip() for p in re.split(r"\s*[;；]\s*", text) if p.strip())


def tidied(short: ShortRecord) -> ShortRecord:
    """The same with outer blanks removed, the class number in its normal form and lists between
    `` ; ``."""
    values: dict[str, Any] = {
        name: " ".join(value.split()) if isinstance(value, str) and name != "abstract" else value
        for name, value in asdict(short).items()
    }
    for name in ("subtitle", "responsibility", "keywords"):
        values[name] = BETWEEN.join(_parts(values[name]))
    values["clc"] = normalise_class(values["clc"])
    values["abstract"] = values["abstract"].strip()
    return ShortRecord(**values)


_unified: Final = re.compile(r"\d{3,6}·\d{1,6}(?:\s*[(\[].*)?")


def unified(number: str) -> str:
    """The 统一书号 (books before 1987) in its normal form, '' for any other number."""
    plain = normalise_unified_number(number)
    return plain if _unified.fullmatch(plain) and not parse_isbn(number).valid else ""


def reasons(short: ShortRecord) -> list[Reason]:
    """What is wrong with a tidied short record. A wrong ISBN only asks: some are printed wrong."""
    found: list[Reason] = []
    if not short.title:
        found.append(stop("title-missing"))
    values = asdict(short)
    found += [
        stop("text-too-long", field=name, most=most)
        for name, most in LENGTHS.items()
        if len(values[name]) > most
    ]
    if short.isbn and not parse_isbn(short.isbn).valid and not unified(short.isbn):
        found.append(ask("isbn-wrong", isbn=short.isbn))
    if short.date and parse_year(short.date) is None:
        found.append(stop("year-unreadable", text=short.date))
    if short.clc and not main_class(short.clc):
        found.append(stop("class-unknown", number=short.clc))
    return found


# --- names in a statement of responsibility ------------------------------------------------

_WORDS: Final = (
    "著|编著|合著|原著|专著|撰|编|主编|编辑|编写|选编|汇编|编译|编绘|改编|译|译著|翻译|译注|校|校注|校点|点校|注|注释|注译|评注|"
    "绘|图|插图|绘画|绘图|文|作|写|口述|整理|执笔|讲述|讲|摄影|书|篆刻|审定|审校|辑|辑录|选注|导读"
)
_ROLES: Final = sorted(_WORDS.split("|"), key=len, reverse=True)
_role: Final = re.compile(rf"^(?P<names>.+?)[\s,，]*(?:\[?等\]?)?\s*(?P<role>{'|'.join(_ROLES)})$")
_origin: Final = re.compile(r"^[(（\[［〔【]\s*([^)）\]］〕】]{1,6})\s*[)）\]］〕】]\s*")
_body: Final = re.compile(
    "(?:局|馆|委员会|编委会|编写组|编辑部|出版社|学会|协会|中心|研究所|研究院|大学|学院|办公室|公司|"
    "政府|党委|工作室|基金会|联合会|集团)$"
)


def names(responsibility: str) -> tuple[tuple[Person, ...], tuple[Body, ...]]:
    """Persons and bodies named in statements such as ``(美) 埃亚尔著 ; 钟莉婷, 杨晓红译``; those of
    the first statement are of equal responsibility (701, 711)."""
    persons: dict[str, Person] = {}
    bodies: dict[str, Body] = {}
    for place, statement in enumerate(_parts(responsibility)):
        found = _role.match(statement)
        text, role = (found["names"], found["role"]) if found else (statement, "")
        for each in re.split(r"\s*[,，、]\s*", text):
            country = ""
            if origin := _origin.match(each):
                country, each = origin[1], each[origin.end() :]
            name = re.sub(r"\s*\[?等\]?$", "", each).strip(" []［］()（）")
            if not name:
                continue
            if _body.search(name):
                bodies.setdefault(name, Body(name, role, place == 0))
            else:
                persons.setdefault(name, Person(name, role, place == 0, country=country))
    return tuple(persons.values()), tuple(bodies.values())


# --- reading and making --------------------------------------------------------------------


def short_of(b: Bibliographic) -> ShortRecord:
    """The short fields of a description."""
    return ShortRecord(
        title=b.title,
        subtitle=BETWEEN.join(b.other_titles),
        part_number=b.part_number,
        part_name=b.part_name,
        responsibility=BETWEEN.join(b.responsibility),
        edition=b.edition,
        publication_place=b.place,
        publisher=b.publisher,
        date=b.date_text,
        extent=b.extent,
        dimensions=b.dimensions,
        isbn=b.isbns[0].typed if b.isbns else b.unified_number,
        price_fen=b.price_fen,
        series=b.series[0].title if b.series else "",
        series_volume=b.series[0].volume if b.series else "",
        clc=b.shelving_class,
        audience=_audience(b.audience),
        keywords=BETWEEN.join(b.keywords),
        abstract=b.abstract,
    )


def _audience(codes: str) -> str:
    """What the form offers of 100/17-19: a class of children or youths, else everybody."""
    return codes[0] if codes[:1] in ("b", "c", "d") or codes == "e" else "em"


def new_record(short: ShortRecord, *, entered: dt.date, agency: str = "") -> Record:
    """A CNMARC record with the minimum fields of GB/T 33286-2016, entered on that day.

    Args:
        short: tidied.
        agency: name or code of the library that makes the record (801 $b).
    """
    persons, bodies = names(short.responsibility)
    isbn = parse_isbn(short.isbn)
    old = unified(short.isbn)
    numbers = (
        (BookNumber(short.isbn, isbn.isbn13, isbn.qualifier, short.price_fen),)
        if short.isbn and not old
        else ()
    )
    described = Bibliographic(
        format="cnmarc",
        title=short.title,
        other_titles=_parts(short.subtitle),
        part_number=short.part_number,
        part_name=short.part_name,
        responsibility=_parts(short.responsibility),
        persons=persons,
        bodies=bodies,
        edition=short.edition,
        place=short.publication_place,
        publisher=short.publisher,
        date_text=short.date,
        year=parse_year(short.date),
        extent=short.extent,
        dimensions=short.dimensions,
        series=(Series(short.series, short.series_volume),) if short.series else (),
        isbns=numbers,
        unified_number=old,
        price_fen=short.price_fen,
        language="chi",
        country="CN",
        audience=short.audience,
        clc=(short.clc,) if short.clc else (),
        keywords=_parts(short.keywords),
        abstract=short.abstract,
        source_agency=agency,
    )
    record = to_cnmarc(described, entered=entered)
    if not numbers and not old and short.price_fen is not None:
        return Record(record.leader, _edited(record, [_price(short)]).fields)
    return record


# --- writing back --------------------------------------------------------------------------

Edit = Callable[[list[Field]], None]
_SIMPLE: Final = {
    "title": ("200", "1 ", "a"),
    "edition": ("205", "  ", "a"),
    "publication_place": ("210", "  ", "a"),
    "publisher": ("210", "  ", "c"),
    "date": ("210", "  ", "d"),
    "dimensions": ("215", "  ", "d"),
    "series": ("225", "2 ", "a"),
    "series_volume": ("225", "2 ", "v"),
    "clc": ("690", "  ", "a"),
}
# Read as one text from all of their kind, so written as one.
_JOINED: Final = {
    "part_number": ("200", "1 ", "h"),
    "part_name": ("200", "1 ", "i"),
    "extent": ("215", "  ", "a"),
}
_ORDER: Final = {"200": "a9bdhiefgv", "010": "abdz", "225": "aehivx", "690": "av"}


def apply(record: Record, before: ShortRecord, after: ShortRecord) -> Record:
    """The record with the fields that differ between two short records written into it; all others,
    and the order of what stays, are as they were. The leader says it was revised."""
    changed = before.changes(after)
    values = asdict(after)
    edits: list[Edit] = []
    for name in changed:
        if name in _SIMPLE:
            edits.append(_one(*_SIMPLE[name], values[name]))
        elif name in _JOINED:
            edits.append(_several(*_JOINED[name], (values[name],) if values[name] else ()))
    if "isbn" in changed:
        old = unified(after.isbn)
        edits.append(_one("091", "  ", "a", old))
        edits.append(_one("010", "  ", "a", "" if old else after.isbn))
    if "subtitle" in changed:
        edits.append(_several("200", "1 ", "e", _parts(after.subtitle)))
    if "responsibility" in changed:
        statements = _parts(after.responsibility)
        edits.append(_several("200", "1 ", "f", statements[:1]))
        edits.append(_several("200", "1 ", "g", statements[1:]))
        edits.append(_access_points(before, after))
    if "price_fen" in changed:
        edits.append(_price(after))
    if "keywords" in changed:
        edits.append(_replaced("610", [("0 ", [("a", w)]) for w in _parts(after.keywords)]))
    if "abstract" in changed:
        texts = [line.strip() for line in after.abstract.split("\n") if line.strip()]
        edits.append(_replaced("330", [("  ", [("a", text)]) for text in texts]))
    if "date" in changed or "audience" in changed:
        edits.append(_coded(after, audience="audience" in changed))
    return _edited(record, edits)


def _edited(record: Record, edits: Iterable[Edit]) -> Record:
    fields = list(record.fields)
    for edit in edits:
        edit(fields)
    kept = [f for f in fields if isinstance(f, ControlField) or f.subfields]
    return Record(f"{record.leader[:5]}c{record.leader[6:]}", kept)


def _insert(fields: list[Field], field: DataField) -> None:
    """Before the first field with a higher tag."""
    at = next((n for n, f in enumerate(fields) if f.tag > field.tag), len(fields))
    fields.insert(at, field)


def _first(fields: list[Field], tag: str, indicators: str) -> int:
    for n, field in enumerate(fields):
        if field.tag == tag and isinstance(field, DataField):
            return n
    made = DataField(tag, indicators, ())
    _insert(fields, made)
    return next(n for n, field in enumerate(fields) if field is made)


def _placed(
    tag: str, subfields: list[tuple[str, str]], code: str, values: Iterable[str]
) -> tuple[tuple[str, str], ...]:
    """``values`` under ``code`` where the order of the field wants them."""
    order = _ORDER.get(tag, "abcdefghijklmnopqrstuvwxyz")
    rank = {c: n for n, c in enumerate(order)}
    mine = rank.get(code, len(order))
    at = next(
        (n for n, (c, _) in enumerate(subfields) if rank.get(c, len(order)) > mine), len(subfields)
    )
    return (*subfields[:at], *[(code, v) for v in values], *subfields[at:])


def _one(tag: str, indicators: str, code: str, value: str) -> Edit:
    def edit(fields: list[Field]) -> None:
        n = _first(fields, tag, indicators)
        field = fields[n]
        assert isinstance(field, DataField)
        pairs = list(field.subfields)
        known = next((i for i, (c, _) in enumerate(pairs) if c == code), None)
        if known is None:
            new = _placed(tag, pairs, code, [value] if value else [])
        else:
            pairs[known : known + 1] = [(code, value)] if value else []
            new = tuple(pairs)
        if tag == "200" and code == "a":
            # The reading of the old title is not that of the new one.
            new = tuple(p for p in new if p[0] != "9")
        fields[n] = DataField(tag, field.indicators, new)

    return edit


def _several(tag: str, indicators: str, code: str, values: tuple[str, ...]) -> Edit:
    def edit(fields: list[Field]) -> None:
        n = _first(fields, tag, indicators)
        field = fields[n]
        assert isinstance(field, DataField)
        rest = [p for p in field.subfields if p[0] != code]
        fields[n] = DataField(tag, field.indicators, _placed(tag, rest, code, values))

    return edit


def _replaced(tag: str, made: list[tuple[str, list[tuple[str, str]]]]) -> Edit:
    def edit(fields: list[Field]) -> None:
        fields[:] = [f for f in fields if f.tag != tag]
        for indicators, pairs in made:
            _insert(fields, DataField(tag, indicators, tuple(pairs)))

    return edit


def _price(short: ShortRecord) -> Edit:
    text = "" if short.price_fen is None else f"CNY{yuan(short.price_fen)}"
    return _one("010", "  ", "d", text)


def _access_points(before: ShortRecord, after: ShortRecord) -> Edit:
    """Names no longer said lose their 701–712, new ones get one; the others keep theirs."""
    old, new = names(before.responsibility), names(after.responsibility)
    gone = {n.name for kind in old for n in kind} - {n.name for kind in new for n in kind}

    def edit(fields: list[Field]) -> None:
        tags = ("701", "702", "711", "712")
        fields[:] = [
            f
            for f in fields
            if not (f.tag in tags and isinstance(f, DataField) and f.first("a").strip() in gone)
        ]
        there = {f.first("a").strip() for f in fields if f.tag in tags and isinstance(f, DataField)}
        for person in new[0]:
            if person.name not in there:
                country = [("c", f"({person.country})")] if person.country else []
                role = [("4", person.role)] if person.role else []
                pairs = (*country, ("a", person.name), *role)
                _insert(fields, DataField("701" if person.equal else "702", " 0", pairs))
        for body in new[1]:
            if body.name not in there:
                role = [("4", body.role)] if body.role else []
                pairs = (("a", body.name), *role)
                _insert(fields, DataField("711" if body.equal else "712", "02", pairs))

    return edit


def _coded(short: ShortRecord, *, audience: bool) -> Edit:
    """Year and audience of field 100."""

    def edit(fields: list[Field]) -> None:
        for n, field in enumerate(fields):
            if field.tag != "100" or not isinstance(field, DataField):
                continue
            text = f"{field.first('a'):36}"
            year = parse_year(short.date)
            text = f"{text[:9]}{year if year else '    '}{text[13:]}"
            if audience:
                text = f"{text[:17]}{short.audience:3}{text[20:]}"
            pairs = tuple(("a", text) if c == "a" else (c, v) for c, v in field.subfields)
            fields[n] = DataField("100", field.indicators, pairs)
            return

    return edit
