"""The program as a whole: languages, errors, exit statuses, and how fast it begins."""

import errno
import fcntl
import os
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import typer

from lienthong.cli import main as program
from lienthong.cli.main import COMMANDS, main
from lienthong.kernel import i18n
from lienthong.kernel.errors import BadInput, LienthongError
from lienthong.trust.errors import KeyUnknown

BASE = {
    key: value for key, value in os.environ.items() if key not in {"LC_ALL", "LC_MESSAGES", "LANG", "LIENTHONG_LANG"}
}
RUN = [sys.executable, "-c", "import sys; from lienthong.cli.main import main; sys.exit(main())"]


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "LIENTHONG_LANG"):
        monkeypatch.delenv(name, raising=False)
    yield
    i18n.use("en")


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*RUN, *arguments], capture_output=True, text=True, env=BASE | environ, check=False, timeout=60
    )


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Put a command in the place of one that ends with this error."""
    app = typer.Typer()

    @app.command()
    def fails() -> None:
        raise error

    module = ModuleType("lienthong.cli.evidence")
    module.__spec__ = ModuleSpec(module.__name__, None)
    module.__dict__["app"] = app
    monkeypatch.setitem(sys.modules, module.__name__, module)


def test_help_names_every_command_and_imports_none() -> None:
    done = run("--help")
    assert done.returncode == 0
    for name in ("evidence", "doctor", "directory", "gateway"):
        assert f"\n  {name} " in done.stdout
    slow = "import sys; from lienthong.cli.main import main; main(['--help']); print(sorted(sys.modules))"
    modules = subprocess.run([sys.executable, "-c", slow], capture_output=True, text=True, check=True, env=BASE).stdout
    assert "'rich.console'" not in modules
    assert "'cryptography'" not in modules


def test_without_arguments_it_shows_the_help() -> None:
    done = run()
    assert done.returncode == 2
    assert "Usage: lienthong" in done.stdout + done.stderr


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("lienthong 0.")


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_that_is_here_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    if find_spec(f"lienthong.cli.{name}") is None:
        assert main([name, "--help"]) == 2
        return
    assert main([name, "--help"]) == 0
    assert f"lienthong {name}" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["nothing"], ["evidence", "nothing"], ["--nothing"], ["evidence", "verify"]])
def test_what_is_written_wrongly_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "Error" in capsys.readouterr().err


def test_an_error_is_one_red_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    failing(monkeypatch, KeyUnknown("the place\nwith \x1b[31m lines"))
    assert main(["evidence"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        "The key is not in the directory: the place\\nwith \\x1b[31m lines. "
        "Refresh the directory; if the key is new, its organ must publish it first.\n"
    )


def test_on_a_terminal_it_is_red_unless_nobody_wants_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[dict[str, object]] = []
    monkeypatch.setattr(typer, "secho", lambda _, **how: shown.append(how))
    failing(monkeypatch, BadInput("x"))
    main(["evidence"])
    monkeypatch.setenv("NO_COLOR", "1")
    main(["evidence"])
    assert shown == [{"fg": "red", "err": True, "color": None}, {"fg": "red", "err": True, "color": False}]


def test_several_errors_at_once_are_several_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(monkeypatch, ExceptionGroup("", [BadInput("a"), ExceptionGroup("", [KeyUnknown("b")])]))
    assert main(["evidence"]) == 1
    assert [line.partition(".")[0] for line in capsys.readouterr().err.splitlines()] == [
        "The input is not well formed: a",
        "The key is not in the directory: b",
    ]


def test_debugging_shows_where(monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, BadInput("x"))
    with pytest.raises(BadInput):
        main(["--debug", "evidence"])


@pytest.mark.parametrize("error", [ValueError("x"), ExceptionGroup("", [BadInput("x"), ValueError("y")])])
def test_what_is_our_own_mistake_is_not_hidden(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    failing(monkeypatch, error)
    with pytest.raises(type(error)):
        main(["evidence"])


def test_interrupted(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    failing(monkeypatch, KeyboardInterrupt())
    assert main(["evidence"]) == 130
    assert capsys.readouterr() == ("", "")


def opened_by_a_reader(fifo: Path) -> int:
    """Wait until somebody reads a pipe and return its other end."""
    until = time.monotonic() + 30
    while True:
        try:
            return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.01)


def waits_in_read(process: subprocess.Popen[str], writer: int) -> None:
    """Wait until a process has read what a pipe gave it and sleeps for more: a signal shortly before would be lost."""
    os.write(writer, b"x")
    until = time.monotonic() + 30
    while fcntl.ioctl(writer, termios.FIONREAD, bytes(4)) != bytes(4) or not asleep(process.pid):
        assert time.monotonic() < until
        time.sleep(0.01)


def asleep(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"


def test_interrupted_for_real(tmp_path: Path) -> None:
    fifo = tmp_path / "record"
    os.mkfifo(fifo)
    with subprocess.Popen(
        [*RUN, "evidence", "verify", str(fifo), "--root", str(fifo)], stderr=subprocess.PIPE, text=True, env=BASE
    ) as process:
        writer = opened_by_a_reader(fifo)
        waits_in_read(process, writer)
        process.send_signal(signal.SIGINT)
        try:
            _, err = process.communicate(timeout=30)
        finally:
            process.kill()
    os.close(writer)
    assert process.returncode == 130
    assert "Traceback" not in err


def test_nobody_reads_the_output() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*RUN, "--help"], stdout=writer, stderr=subprocess.PIPE, check=False, env=BASE, timeout=60)
    os.close(writer)
    assert done.returncode == 1
    assert done.stderr == b""


def test_nobody_reads_what_a_command_prints() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*RUN, "evidence", "--help"], stdout=writer, stderr=subprocess.PIPE, check=False, env=BASE, timeout=60
    )
    os.close(writer)
    assert done.returncode == 1
    assert done.stderr == b""


def test_a_broken_pipe_inside_a_command_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "_run", lambda _: (_ for _ in ()).throw(BrokenPipeError(errno.EPIPE, "x")))
    redirected: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "dup2", lambda a, b: redirected.append((a, b)))
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(fileno=lambda: 99))
    assert main(["evidence"]) == 1
    assert [target for _, target in redirected] == [99]


@pytest.mark.parametrize(
    ("arguments", "environ", "expected"),
    [
        ((), {}, "Show the version"),
        (("--lang", "vi"), {}, "Hiện phiên bản"),
        (("--lang=de",), {}, "Version anzeigen"),
        ((), {"LIENTHONG_LANG": "de"}, "Version anzeigen"),
        ((), {"LANG": "vi_VN.UTF-8"}, "Hiện phiên bản"),
        (("--lang", "en"), {"LANG": "vi_VN.UTF-8"}, "Show the version"),
    ],
)
def test_languages(arguments: tuple[str, ...], environ: dict[str, str], expected: str) -> None:
    assert expected in run(*arguments, "--help", **environ, PYTHONUTF8="1").stdout


def test_errors_and_help_of_commands_are_translated(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "de", "evidence", "verify", "nirgends", "--root", "nirgends"]) == 1
    assert capsys.readouterr().err.startswith("Die vertraute Wurzel ist nicht brauchbar: nirgends: ")
    assert main(["--lang", "vi", "evidence", "verify", "--help"]) == 0
    assert "In ra JSON" in capsys.readouterr().out


def test_a_language_that_is_not_here(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "fr", "evidence"]) == 1
    assert capsys.readouterr().err == "There is no such language here: 'fr'. Choose vi, en or de.\n"


def test_every_error_has_a_message_and_a_hint() -> None:
    for name in COMMANDS:
        if find_spec(f"lienthong.cli.{name}"):
            program.load(name)
    errors = [LienthongError]
    for kind in errors:
        errors += kind.__subclasses__()
        message, hint = i18n.texts_of(kind)
        assert message[:1].isupper(), kind
        assert hint.endswith("."), kind
    assert len(errors) > 40
