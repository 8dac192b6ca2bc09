"""Errors say what happened, where, and what to do."""

import importlib
import pkgutil

from lienthong.kernel.errors import MAX_WHERE, CborInvalid, IdentifierInvalid, LienthongError, quoted


def subclasses(parent: type[LienthongError]) -> list[type[LienthongError]]:
    return [parent, *(error for child in parent.__subclasses__() for error in subclasses(child))]


def every_error() -> list[type[LienthongError]]:
    for package in ("kernel", "trust", "directory", "exchange"):
        for module in pkgutil.walk_packages(
            importlib.import_module(f"lienthong.{package}").__path__, f"lienthong.{package}."
        ):
            if module.name.endswith(("errors", "journal")):
                importlib.import_module(module.name)
    # The office answers on an interface of its own, with codes of its own.
    return [
        error
        for error in subclasses(LienthongError)
        if error.__module__.startswith("lienthong.") and not error.__module__.startswith("lienthong.office.")
    ]


def test_the_text_has_message_place_and_advice() -> None:
    error = IdentifierInvalid("'VN//A'")
    assert error.message == "The identifier is not well formed"
    assert str(error) == (
        "The identifier is not well formed: 'VN//A'. "
        "Write INSTANCE/CLASS/MEMBER[/SUBSYSTEM[/SERVICE]], each part percent-encoded."
    )


def test_without_a_place_the_sentence_still_ends() -> None:
    assert str(CborInvalid()).startswith("The data are not deterministic CBOR within the limits. Encode as")


def test_a_more_fitting_advice_takes_the_place_of_the_class_own() -> None:
    error = CborInvalid("x", hint="Do this.")
    assert error.advice == "Do this."
    assert str(error).endswith(": x. Do this.")


def test_an_error_without_docstring_is_named_after_its_class() -> None:
    class Unexplained(LienthongError):
        __doc__ = None

    assert Unexplained().message == "Unexplained"


def test_every_code_is_stable_text_and_means_one_thing() -> None:
    errors = every_error()
    assert len(errors) > 30
    own: dict[str, list[str]] = {}
    for error in errors:
        assert error.code.replace("_", "").isalpha(), error
        assert error.hint, error
        assert error.__doc__, error
        if "code" in vars(error):
            own.setdefault(error.code, []).append(error.__qualname__)
    assert {code: names for code, names in own.items() if len(names) > 1} == {}


def test_what_a_stranger_sent_is_fit_for_a_log() -> None:
    # A line of its own would pass for one of ours, and escape sequences would drive the reader's terminal.
    error = LienthongError("a\n2026-01-01 granted\x1b[2J\u2028\x9b é Đà Nẵng")
    assert error.where == "a\\n2026-01-01 granted\\x1b[2J\\u2028\\x9b é Đà Nẵng"
    assert str(error).isprintable()
    assert len(LienthongError("x" * 1_000_000).where) == MAX_WHERE + 1
    assert quoted("plain") == "plain"
