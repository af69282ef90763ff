"""``shuxiang``: the command line. One module a subcommand, imported on use."""

from __future__ import annotations

import argparse
import importlib
import os
import sys

COMMANDS = {
    "init": "make an empty library, or one from a JSON plan",
    "demo": "make the demo library",
    "run": "serve everything: web, SIP2 and worker",
    "web": "serve the web alone",
    "sip2": "serve SIP2 alone, to self-service machines",
    "z3950": "serve Z39.50, a gateway in front of SRU",
    "worker": "run the background worker alone",
    "kiosk-bridge": "serve a self-service machine's devices to its page",
    "staff-add": "add a staff account",
    "import-marc": "import an ISO 2709 file with its items",
    "convert": "turn exports of dp2 into files that can be imported",
    "import-authorities": "import CNMARC authority records",
    "import-sheet": "import holdings, readers or open loans from a spreadsheet",
    "offline-import": "take in an offline desk's journal from a file",
    "mail-bounces": "read mail that came back and mark addresses that no longer work",
    "harvest": "gather other libraries' catalogues by OAI-PMH",
    "duplicates": "search the catalogue for records of one publication",
    "export": "write the catalogue out, or with --all the whole library",
    "import-all": "make a library of what export --all wrote",
    "reindex": "rebuild the search index from the database",
    "report": "write a year's annual report",
    "backup": "back up the whole library into one file",
    "restore": "restore a backup into an empty home",
    "upgrade": "bring the database up to this version, a backup first",
    "check": "prove the invariants, one line each",
    "bench": "measure",
}


class CommandError(Exception):
    """What was wrong with the input and what to do, as one line; the exit code is 2."""


def main(argv: list[str] | None = None) -> int:
    """Run a subcommand; returns the exit code: 0 done, 1 found something broken, 2 bad input
    or a file that can't be had, 130 stopped by Ctrl-C."""
    words = sys.argv[1:] if argv is None else argv
    parser = argparse.ArgumentParser(
        prog="shuxiang",
        description="The working system of a public library and its branches.",
        epilog="example: shuxiang init && shuxiang import-marc books.iso && shuxiang run",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    chosen = next((w for w in words if not w.startswith("-")), None)
    for name, text in COMMANDS.items():
        if name != chosen:
            commands.add_parser(name, help=text)
            continue
        module = importlib.import_module(f"shuxiang.interfaces.cli.{name.replace('-', '_')}")
        sub = commands.add_parser(
            name,
            help=text,
            description=module.__doc__,
            epilog=f"example: {module.EXAMPLE}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.arguments(sub)
        sub.set_defaults(run=module.run)
    args = parser.parse_args(words)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shuxiang.project.settings")
    try:
        return int(args.run(args))
    except CommandError as error:
        print(f"shuxiang {args.command}: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 0
    except OSError as error:
        print(f"shuxiang {args.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"shuxiang {args.command}: stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    # As the package's module, not as __main__: its CommandError is the one subcommands raise.
    from shuxiang.interfaces.cli.main import main as command_line

    raise SystemExit(command_line())
