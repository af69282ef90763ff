"""Texts of the screens: add translations, check that they are complete, compile them.

English msgids; 简体中文 in ``locale/zh_Hans/LC_MESSAGES/django.po``, sorted and without line numbers
so that two people's additions merge. No gettext binaries are needed.

    printf 'Check out\\t借书\\n' | python tools/messages.py add
    printf '%%(n)s item\\t%%(n)s items\\t%%(n)s 册\\n' | python tools/messages.py add    # plural
    printf 'May\\t可以\\n' | python tools/messages.py add --context permission
    python tools/messages.py check
    python tools/messages.py compile
"""

from __future__ import annotations

import argparse
import fcntl
import io
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tokenize import TokenError
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import normalize, read_po

ROOT = Path(__file__).resolve().parent.parent
CATALOG = Path("locale/zh_Hans/LC_MESSAGES/django.po")
HEADER = (
    'msgid ""\nmsgstr ""\n'
    '"Project-Id-Version: shuxiang\\n"\n"Language: zh_Hans\\n"\n"MIME-Version: 1.0\\n"\n'
    '"Content-Type: text/plain; charset=UTF-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n'
    '"Plural-Forms: nplurals=1; plural=0;\\n"\n'
)
_ONE = ("gettext", "gettext_lazy", "gettext_noop", "_", "N")
_MANY = ("ngettext", "ngettext_lazy")
_CONTEXT = ("pgettext", "pgettext_lazy")
_MANY_CONTEXT = ("npgettext", "npgettext_lazy")
_NAMES: dict[str, Any] = dict.fromkeys((*_ONE, *_MANY, *_CONTEXT, *_MANY_CONTEXT))
_PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]|(?<!%)%[sd]|\{(\w*)\}")


class Fault(Exception):
    """Input that can't be used; the message says what to do."""


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What gettext looks a text up by. ``context`` is '' for none."""

    msgid: str
    context: str = ""

    def __str__(self) -> str:
        return f"{self.msgid!r}" + (f" (context {self.context!r})" if self.context else "")


@dataclass(slots=True)
class Message:
    """A text and its translation. ``plural`` is '' where there is one form only."""

    plural: str = ""
    translation: str = ""
    fuzzy: bool = False


@dataclass(slots=True)
class Use:
    """A text as the sources use it."""

    plural: str = ""
    where: list[str] = field(default_factory=list)


Messages = dict[Key, Message]


def read(path: Path) -> Messages:
    """The catalogue; empty when there is no file yet. Raises Fault for a broken one."""
    if not path.exists():
        return {}
    with path.open("rb") as file:
        catalog = read_po(file, locale="zh_Hans", abort_invalid=True)
    found: Messages = {}
    for message in catalog:
        if not message.id:
            continue
        singular, plural = _forms(message.id)
        said, _ = _forms(message.string or "")
        found[Key(singular, message.context or "")] = Message(plural, said, message.fuzzy)
    return found


def _forms(texts: str | Sequence[str]) -> tuple[str, str]:
    if isinstance(texts, str):
        return texts, ""
    return texts[0], texts[1] if len(texts) > 1 else ""


def dump(messages: Messages) -> str:
    """The catalogue as text: a fixed header, then sorted by msgid and context."""
    blocks = [HEADER]
    for key in sorted(messages):
        message = messages[key]
        lines = ["#, fuzzy"] if message.fuzzy else []
        if key.context:
            lines.append(f"msgctxt {normalize(key.context, width=0)}")
        lines.append(f"msgid {normalize(key.msgid, width=0)}")
        if message.plural:
            lines.append(f"msgid_plural {normalize(message.plural, width=0)}")
            lines.append(f"msgstr[0] {normalize(message.translation, width=0)}")
        else:
            lines.append(f"msgstr {normalize(message.translation, width=0)}")
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Only one process changes the catalogue at a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _replace(path: Path, content: bytes) -> None:
    scratch = path.with_suffix(f".{os.getpid()}.tmp")
    scratch.write_bytes(content)
    scratch.replace(path)


def _unescaped(text: str) -> str:
    return text.replace("\\n", "\n").replace("\\t", "\t")


def parse_lines(lines: Iterable[str], context: str = "") -> Messages:
    """``msgid<TAB>translation`` or ``singular<TAB>plural<TAB>translation`` a line; ``\\n`` in a text
    is a line end. Raises Fault naming the first line that is neither."""
    found: Messages = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        cells = [_unescaped(c) for c in line.rstrip("\r\n").split("\t")]
        if len(cells) not in (2, 3) or not all(c.strip() for c in cells):
            raise Fault(f"line {number}: expected msgid<TAB>translation, got {line.rstrip()!r}")
        plural = cells[1] if len(cells) == 3 else ""
        message = Message(plural, cells[-1])
        wrong = _placeholder_fault(Key(cells[0], context), message)
        if wrong:
            raise Fault(f"line {number}: {wrong}")
        found[Key(cells[0], context)] = message
    return found


def add(path: Path, new: Messages, *, replace: bool = False) -> list[str]:
    """Merge translations into the catalogue; returns one line for each text that has another
    translation already, which stays unless ``replace``."""
    kept = []
    with _locked(path):
        messages = read(path)
        for key, message in new.items():
            old = messages.get(key)
            if old is not None and not replace and not old.fuzzy:
                if old.translation != message.translation:
                    kept.append(
                        f"{key} stays {old.translation!r}, not {message.translation!r}: "
                        "use --replace, or --context for another meaning"
                    )
                message.translation = old.translation
                message.plural = message.plural or old.plural
            messages[key] = message
        _replace(path, dump(messages).encode())
    return kept


def _placeholders(text: str) -> set[str]:
    return {m[1] or m[2] or m[0] for m in _PLACEHOLDER.finditer(text)}


def _placeholder_fault(key: Key, message: Message) -> str:
    wanted = _placeholders(key.msgid) | _placeholders(message.plural)
    said = _placeholders(message.translation)
    # A plural form may drop what its one Chinese form needs, never the other way round.
    if said == wanted or (message.plural and said <= wanted):
        return ""
    return f"{key} has placeholders {sorted(wanted)}, its translation {sorted(said)}"


def _extract(source: str, where: str, found: dict[Key, Use]) -> None:
    stream = io.BytesIO(source.encode())
    try:
        uses = list(extract_python(stream, _NAMES, (), {"encoding": "utf-8"}))
    except (SyntaxError, TokenError) as error:
        raise Fault(f"{where} can't be read: {error}") from error
    for line, name, said, _ in uses:
        texts: list[Any] = list(said) if isinstance(said, (tuple, list)) else [said]
        context = texts.pop(0) if name in (*_CONTEXT, *_MANY_CONTEXT) else ""
        if not texts or not isinstance(texts[0], str) or not texts[0]:
            continue
        many = name in (*_MANY, *_MANY_CONTEXT) and len(texts) > 1 and texts[1]
        use = found.setdefault(Key(texts[0], context or ""), Use())
        use.plural = use.plural or (texts[1] if many else "")
        use.where.append(f"{where}:{line}")


def extract(root: Path) -> dict[Key, Use]:
    """Every text that the package's templates and Python files mark for translation."""
    from django.conf import settings
    from django.utils.translation.template import templatize

    if not settings.configured:
        settings.configure(USE_I18N=True)
    found: dict[Key, Use] = {}
    package = root / "shuxiang"
    for path in sorted(package.rglob("*.html")) + sorted(package.rglob("*.txt")):
        if "templates" not in path.parts:
            continue
        where = str(path.relative_to(root))
        # Templates are indented as HTML is; the Python extractor would read that as blocks.
        flat = "\n".join(
            line.strip() for line in templatize(path.read_text("utf-8"), origin=where).splitlines()
        )
        _extract(flat, where, found)
    for path in sorted(package.rglob("*.py")):
        if "migrations" not in path.parts:
            _extract(path.read_text("utf-8"), str(path.relative_to(root)), found)
    return found


def faults(messages: Messages, used: dict[Key, Use]) -> list[str]:
    """One line for each text that is missing, fuzzy, unused or has other placeholders."""
    found = []
    for key, use in sorted(used.items(), key=lambda kv: kv[0]):
        message = messages.get(key)
        if message is None or not message.translation:
            found.append(f"missing: {key} at {use.where[0]}")
        elif use.plural and message.plural != use.plural:
            found.append(f"plural: {key} is used with the plural {use.plural!r} at {use.where[0]}")
    for key, message in sorted(messages.items(), key=lambda kv: kv[0]):
        if message.fuzzy:
            found.append(f"fuzzy: {key}")
        if key not in used:
            found.append(f"unused: {key}")
        if wrong := _placeholder_fault(key, message):
            found.append(f"placeholders: {wrong}")
    return found


def compile_catalog(path: Path) -> int:
    """Write ``django.mo`` beside the catalogue; returns the number of texts in it."""
    messages = read(path)
    catalog = Catalog(locale="zh_Hans")
    for key, message in messages.items():
        if message.translation and not message.fuzzy:
            id_ = (key.msgid, message.plural) if message.plural else key.msgid
            said = (message.translation,) if message.plural else message.translation
            catalog.add(id_, said, context=key.context or None)
    out = io.BytesIO()
    write_mo(out, catalog)
    path.parent.mkdir(parents=True, exist_ok=True)
    _replace(path.with_suffix(".mo"), out.getvalue())
    return len(messages)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description="Add, check or compile the translations of the screens.",
        epilog="example: printf 'Check out\\t借书\\n' | python tools/messages.py add",
    )
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    actions = parser.add_subparsers(dest="action", required=True)
    adding = actions.add_parser("add", help="read msgid<TAB>translation lines and merge them")
    adding.add_argument("--context", default="", help="the msgctxt of all lines")
    adding.add_argument("--replace", action="store_true", help="change existing translations")
    actions.add_parser("check", help="list what is missing, fuzzy, unused or inconsistent")
    actions.add_parser("compile", help="write django.mo")
    args = parser.parse_args(argv)
    path = args.root / CATALOG
    try:
        if args.action == "add":
            new = parse_lines(sys.stdin, args.context)
            kept = add(path, new, replace=args.replace)
            print(f"messages: {len(new)} read, {len(kept)} with another translation already")
            problems = kept
        elif args.action == "check":
            messages = read(path)
            problems = faults(messages, extract(args.root))
            if not problems:
                print(f"messages: {len(messages)} texts, all translated")
        else:
            print(f"messages: {compile_catalog(path)} texts compiled")
            problems = []
    except Fault as fault:
        problems = [str(fault)]
    for line in problems:
        print(line, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
