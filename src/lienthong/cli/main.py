"""``lienthong``: the groups of commands, each imported only when it is called.

Whatever goes wrong ends in one line that says what, where and what to do, and in an exit status:
0 for success, 1 for a failure, 2 for a command that was written wrongly, 130 for Ctrl-C.
"""

import importlib
import os
import sys
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from lienthong.cli.text import plain
from lienthong.kernel import i18n
from lienthong.kernel.errors import LienthongError
from lienthong.kernel.i18n import _, later

# Name and purpose; the module of a command has the same name and holds a typer application ``app``.
COMMANDS: Final = {
    "demo": later("Run the main job: a sealed directive to every organ of a country and its receipts."),
    "sandbox": later("Run two gateways on this machine to try integrations against."),
    "office": later("Run the office: the web application in which officials work."),
    "backup": later("Write everything an office keeps into one encrypted file."),
    "restore": later("Fill an empty office from a backup."),
    "gateway": later("Run the gateway of a site."),
    "directory": later("The signed map of organs, services, keys and grants."),
    "topics": later("Topics that are published at a site."),
    "signature": later("Verify and make signatures in PDF files."),
    "evidence": later("Look at the evidence of exchanges, export it, verify it."),
    "edxml": later("Read and write the packets in which Vietnamese agencies exchange documents."),
    "quality": later("Profile, standardise, validate, link, merge and score the records of a registry."),
    "members": later("The registry of members that an office keeps."),
    "doctor": later("Check everything a gateway needs and say what to do."),
}
_PACKAGE: Final = "lienthong.cli"
_COMPLETION: Final = frozenset({"install_completion", "show_completion"})
_FAILED: Final = 1
_INTERRUPTED: Final = 130
_HELP: Final = later("Sealed, encrypted, evidenced exchange of data between organs of many tiers.")


class _Deferred(TyperCommand):
    """A command of which only the name and the purpose are known until somebody calls it."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:  # noqa: ANN401 - the signature of typer's own
        return load(str(self.name)).make_context(info_name, args, parent=parent, **extra)


class _Commands(TyperGroup):
    """The groups of this build, deferred."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - the signature of typer's own
        # What an installation leaves out is not offered.
        return [name for name in COMMANDS if find_spec(f"{_PACKAGE}.{name}") is not None]

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | None:  # noqa: ANN401 - the signature of typer's own
        if cmd_name not in self.list_commands(ctx):
            return None
        purpose = _(COMMANDS[cmd_name])
        # The short one is not cut to fit a line.
        return _Deferred(cmd_name, help=purpose, short_help=purpose)


# Plain help at the top: rich's would take three times as long as everything else here.
app = typer.Typer(
    cls=_Commands,
    help=_HELP,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:  # noqa: FBT001 - the signature of typer's callbacks
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - 20 ms that only this option needs

        typer.echo(f"lienthong {version('lienthong')}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    lang: Annotated[str | None, typer.Option("--lang", metavar="vi|en|de", help="Language of all texts.")] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show where in the program an error came up.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and end.")
    ] = False,
) -> None:
    # Language and debugging are read before anything is imported or shown; here they are only declared.
    del lang, debug, version


def load(name: str) -> Any:  # noqa: ANN401 - typer's own class of commands has no public name
    """Import a group of commands and return it with its texts in the language that is spoken now."""
    command: Any = typer.main.get_command(importlib.import_module(f"{_PACKAGE}.{name}").app)
    # Completion is installed once, for the whole program.
    command.params = [option for option in command.params if option.name not in _COMPLETION]
    return _translated(command)


def app_command() -> Any:  # noqa: ANN401 - as in load
    """Return the whole program as a command, in English."""
    return typer.main.get_command(app)


def walk(command: Any) -> Iterator[Any]:  # noqa: ANN401 - as in load
    """Yield a command and all commands below it."""
    yield command
    for below in getattr(command, "commands", {}).values():
        yield from walk(below)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: without the program's name; those of this process if not given.

    Returns:
        The exit status.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        i18n.use(i18n.choose(os.environ, _value_of("--lang", given)))
        status = _run(given)
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        return _nobody_reads()
    except (LienthongError, ExceptionGroup) as error:
        leaves = list(_leaves(error))
        ours = [leaf for leaf in leaves if isinstance(leaf, LienthongError)]
        if "--debug" in _own(given) or len(ours) < len(leaves):
            raise
        for leaf in ours:
            _show(leaf)
        return _FAILED


def _run(arguments: list[str]) -> int:
    try:
        _translated(app_command()).main(args=arguments, prog_name="lienthong")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else _FAILED
    return 0


def _translated(command: Any) -> Any:  # noqa: ANN401 - as in load
    for each in walk(command):
        for shown in (each, *each.params):
            if text := getattr(shown, "help", None):
                shown.help = _(text)
    return command


def _own(arguments: list[str]) -> list[str]:
    """Return our own options: what stands before the command's name."""
    own: list[str] = []
    for argument in arguments:
        if not argument.startswith("-") and own[-1:] != ["--lang"]:
            break
        own.append(argument)
    return own


def _value_of(option: str, arguments: list[str]) -> str | None:
    own = _own(arguments)
    for at, argument in enumerate(own):
        if argument.startswith(f"{option}="):
            return argument.removeprefix(f"{option}=")
        if argument == option and at + 1 < len(own):
            return own[at + 1]
    return None


def _leaves(error: Exception) -> Iterator[Exception]:
    if isinstance(error, ExceptionGroup):
        for each in error.exceptions:
            yield from _leaves(each)
    else:
        yield error


def _show(error: LienthongError) -> None:
    colour = None if not os.environ.get("NO_COLOR") else False
    typer.secho(plain(i18n.explain(error)), fg="red", err=True, color=colour)


def _nobody_reads() -> int:
    # What is still buffered must not complain again when the interpreter ends.
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    os.close(nothing)
    return _FAILED
