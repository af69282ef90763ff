"""House rules that import-linter can't say, as checks over parsed source.

Each check takes a module's path inside the repository and its source, and yields one line a breach.
`tests/house/` runs them over the package and, with planted lines, over themselves.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "shuxiang"
MOST_LINES = 450

Check = Callable[[str, str], Iterator[str]]


def modules(under: Path = PACKAGE) -> list[tuple[str, str]]:
    """(path, source) of every Python file but migrations."""
    return [
        (str(path.relative_to(ROOT)), path.read_text("utf-8"))
        for path in sorted(under.rglob("*.py"))
        if "migrations" not in path.parts
    ]


def breaches(check: Check) -> list[str]:
    """Every breach of a rule in the package."""
    return [line for path, source in modules() for line in check(path, source)]


def _parts(path: str) -> tuple[str, ...]:
    return Path(path).with_suffix("").parts


def _imports(source: str) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything imported, ``from a import b`` as ``a.b``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


_SIGNALS = ("django.dispatch", "django.db.models.signals", "django.core.signals")
_SIGNALS += ("django.db.backends.signals", "django.contrib.auth.signals", "django.test.signals")


def signals(path: str, source: str) -> Iterator[str]:
    """No signals, but ``post_migrate`` in the ledger: what happens must be read in one place."""
    for line, name in _imports(source):
        allowed = path == "shuxiang/ledger/apps.py" and name.endswith(".post_migrate")
        if name.startswith(_SIGNALS) and not allowed:
            yield f"{path}:{line}: imports the signal {name}"


_CLOCKS = {"now", "utcnow", "today", "localdate", "localtime", "time", "time_ns", "monotonic"}


def clocks(path: str, source: str) -> Iterator[str]:
    """Rules and commands are told the time: ``ctx.occurred_at``."""
    parts = _parts(path)
    if parts[1] not in ("apps", "statistics") or not {"rules", "commands"} & set(parts):
        return
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        if isinstance(function, ast.Attribute) and function.attr in _CLOCKS:
            owner = ast.unparse(function.value).rpartition(".")[2]
            # A moment's own part, as in `moment.time()`, is no clock.
            if function.attr.startswith(("time", "monotonic")) and owner != "time":
                continue
            yield f"{path}:{node.lineno}: reads the clock by {ast.unparse(function)}()"
        elif isinstance(function, ast.Name) and function.id in ("now", "today", "utcnow"):
            yield f"{path}:{node.lineno}: reads the clock by {function.id}()"


_ALWAYS = {"bulk_create", "bulk_update", "get_or_create", "update_or_create"}
_CHAIN = re.compile(r"\.objects\b|\.(filter|exclude|all|select_related|select_for_update)\(")
_STATEMENT = re.compile(
    r"\s*(INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|REPLACE\s+INTO)\b", re.I
)


# Counts derived from the ledger, rebuilt at any time; and tables that a benchmark makes for itself.
_DERIVED = ("shuxiang/statistics/daily.py", "shuxiang/bench/")


def _may_write(path: str) -> bool:
    parts = _parts(path)
    return "commands" in parts or parts[1] in ("ledger", "runtime") or path.startswith(_DERIVED)


def writes(path: str, source: str) -> Iterator[str]:
    """Only commands, the ledger and the runtime write to the database."""
    if _may_write(path):
        return
    for node in ast.walk(ast.parse(source)):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and _STATEMENT.match(text):
            yield f"{path}:{node.lineno}: writes by SQL outside commands"
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        verb, receiver = node.func.attr, ast.unparse(node.func.value)
        of_queryset = bool(_CHAIN.search(receiver))
        bare = not node.args
        if (
            verb in _ALWAYS
            or (verb in ("create", "update", "delete") and of_queryset)
            or (verb == "delete" and bare and not node.keywords)
            or (verb == "save" and bare and not receiver.endswith("session"))
        ):
            yield f"{path}:{node.lineno}: writes by .{verb}() outside commands"


def floats(path: str, source: str) -> Iterator[str]:
    """No float column anywhere: money is integer 分, counts are integers (I8)."""
    for node in ast.walk(ast.parse(source)):
        name = getattr(node, "attr", None) or getattr(node, "id", None)
        if name in ("FloatField", "DecimalField"):
            yield f"{path}:{node.lineno}: has a {name}"


def borders(path: str, source: str) -> Iterator[str]:
    """From an app others import ``commands`` and ``queries`` only; models stay in their own app."""
    parts = _parts(path)
    own = parts[2] if parts[1] == "apps" and len(parts) > 2 else ""
    open_doors = {"commands", "queries"}
    for line, name in _imports(source):
        steps = name.split(".")
        if steps[:2] != ["shuxiang", "apps"] or len(steps) < 4 or steps[2] == own:
            continue
        # Wiring and benchmarks may look behind the counter, never into the tables.
        inside = parts[1] in ("project", "bench")
        allowed = steps[3] != "models" if inside else steps[3] in open_doors
        if not allowed:
            yield f"{path}:{line}: imports {name}, not its app's commands or queries"


def length(path: str, source: str) -> Iterator[str]:
    """Past some 400 lines a file becomes a folder of verbs."""
    lines = source.count("\n")
    if lines > MOST_LINES:
        yield f"{path}: {lines} lines; make it a folder"


def reason_codes(source: str) -> Iterator[tuple[int, str]]:
    """(line, code) of every reason made; the unknown parts of a code made up are ``*``."""
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and node.args):
            continue
        name = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
        first = node.args[0]
        if name not in ("stop", "ask", "tell", "Reason"):
            continue
        parts = first.values if isinstance(first, ast.JoinedStr) else [first]
        code = "".join(str(p.value) if isinstance(p, ast.Constant) else "*" for p in parts)
        # Guards are asked and told too, by names with a dot.
        if re.fullmatch(r"[a-z0-9-]+\*?[a-z0-9-]*", code):
            yield node.lineno, code


def environment(source: str) -> set[str]:
    """Names of the environment variables a source reads or sets: ``os.environ["SHUXIANG_HOME"]``."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Call, ast.Subscript)):
            place = node.func if isinstance(node, ast.Call) else node.value
            if ast.unparse(place).startswith(("os.environ", "os.getenv", "environ")):
                found |= set(re.findall(r"'(SHUXIANG_[A-Z0-9_]*[A-Z0-9])'", ast.unparse(node)))
    return found


# Put together, so that this file does not find itself.
_PLACES = re.compile(
    "|".join(
        (
            r"(?<![\w.~/-])/" + r"(?:work|root|Users|opt/pypi)/",
            r"(?<![\w.~/-])/" + r"home/\w+",
            r"(?<![\w.~/-])/tmp/" + r"(?:brief|house)",
            r"(?<![\d.])(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))" + r"(?:\.\d{1,3}){2,3}(?![\d.])",
            r"--(?:extra-)?index-" + r"url|--find-" + r"links",
        )
    )
)


def machine_names(path: str, text: str) -> Iterator[str]:
    """No paths, addresses or package hosts of anybody's machine."""
    for number, line in enumerate(text.splitlines(), 1):
        if found := _PLACES.search(line):
            yield f"{path}:{number}: names a machine's {found[0]!r}"
