"""A registry as a TOML file describes it: its columns, what they mean, and what belongs to it.

Rules, links and merges have settings of their own (``section``), so that who reads columns needs nothing
of them. docs/quality.md explains every key.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec

from lienthong.quality.errors import RegistryInvalid, RegistryUnknown

BUILT_IN: Final = ("member", "person")
MAX_BYTES: Final = 1_000_000
"""Of a description: what is longer is something else."""
RESERVED: Final = frozenset({"record_id", "unit"})

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Kind(StrEnum):
    """What the values of a column mean; ``tables`` says which standardised columns each kind makes."""

    NAME = "name"
    TEXT = "text"
    # A text that names places: their abbreviations are written out.
    PLACE = "place"
    DATE = "date"
    SEX = "sex"
    PERSONAL_NUMBER = "personal-number"
    UNIT = "unit"
    NUMBER = "number"
    # Identifiers and codes: upper case, without spaces and punctuation.
    CODE = "code"
    PHONE = "phone"
    EMAIL = "email"
    # One of a few values, each with other spellings.
    CHOICE = "choice"


class Title(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What people call something, in every language of the platform."""

    vi: Text
    en: Text
    de: Text


class Column(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One field of a record."""

    name: Name
    kind: Kind
    title: Title
    # Every record must have a value; a file that lacks the whole column is refused.
    mandatory: bool = False
    # Shown only to those who may see sensitive data.
    sensitive: bool = False
    # Other headings the column is known by, compared without case, diacritics and punctuation.
    headings: tuple[Text, ...] = ()
    # name: what stands first.
    order: Literal["family-first", "given-first"] = "family-first"
    # name: the columns of the given name and the surname, each made from the other where it is absent.
    composed_of: tuple[Name, Name] | None = None
    # personal-number: the column that takes the nine digits of the cards before 2021.
    old_number: Name | None = None
    # date: how day and month are written where the value leaves it open.
    day_order: Literal["day-first", "month-first"] = "day-first"
    # date of birth, sex: the personal number that decides between two ways to read the value.
    checked_by: Name | None = None
    # unit: the date on which the code was written, as codes mean other units before and after a reform.
    as_of: Name | None = None
    # code: leading zeros are restored up to so many digits.
    digits: Annotated[int, msgspec.Meta(ge=1, le=30)] | None = None
    # choice: the values, each with its other spellings.
    values: dict[str, tuple[str, ...]] = {}


class Registry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A registry: every key at the top of the file."""

    name: Name
    # Goes up when columns or their meaning change, so that results are not compared across.
    version: Annotated[int, msgspec.Meta(ge=1)]
    title: Title
    # vi: texts may be in the fonts TCVN3 and VNI, tones are placed, Ð is Đ. Leave it out for anything else.
    language: Literal["vi"] | None = None
    # Headings of the column that identifies a record within the input.
    record_id: tuple[Text, ...]
    # The column of kind unit that says whose record it is; without it every record belongs to one unit.
    unit: Name | None = None
    columns: Annotated[tuple[Column, ...], msgspec.Meta(min_length=1, max_length=200)]
    # The file of rules beside this one.
    rules: Text | None = None
    # Settings of other parts: read them with ``section``.
    link: dict[str, Any] = {}
    merge: dict[str, Any] = {}

    def column(self, name: str) -> Column:
        """Return the column of that name.

        Raises:
            KeyError: there is none.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def of_kind(self, kind: Kind) -> tuple[Column, ...]:
        """Return the columns of that kind, in their order."""
        return tuple(column for column in self.columns if column.kind is kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A registry and where its description stands: files it names lie beside it."""

    registry: Registry
    # As a person would name it: ``member``, or the file.
    source: str
    # The folder of the files it names: on the disk, or of this package.
    _folder: Any

    def beside(self, name: str) -> bytes:
        """Return a file that lies beside the description.

        Raises:
            RegistryInvalid: the name leads elsewhere, or there is no such file.
        """
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
            raise RegistryInvalid(f"{self.source}: {name}", hint="Name a file in the same folder.")
        try:
            data: bytes = self._folder.joinpath(name).read_bytes()
        except OSError as error:
            raise RegistryInvalid(f"{self.source}: {name}", hint="Put this file beside the description.") from error
        return data


def load(name: str) -> Described:
    """Return a registry by the name of one that comes along, or by its file.

    Raises:
        RegistryUnknown: neither.
        RegistryInvalid: the file is not well formed; the error names line or key.
    """
    if name in BUILT_IN:
        folder: Any = files(__package__).joinpath("registries")
        return Described(
            registry=decode(folder.joinpath(f"{name}.toml").read_bytes(), name), source=name, _folder=folder
        )
    path = Path(name)
    if path.suffix != ".toml" or not path.is_file():
        raise RegistryUnknown(repr(name[:200]))
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    return Described(registry=decode(data, name), source=name, _folder=path.parent)


def decode(data: bytes, source: str) -> Registry:
    """Return the registry that a TOML file describes.

    Args:
        data: the file's content.
        source: what the error calls it.

    Raises:
        RegistryInvalid: the error names line or key.
    """
    registry = decoded(data, source, Registry)
    _check(registry, source)
    return registry


def decoded[T](data: bytes, source: str, kind: type[T]) -> T:
    """Return the content of a TOML file as a struct.

    Raises:
        RegistryInvalid: the error names line or key.
    """
    if len(data) > MAX_BYTES:
        raise RegistryInvalid(source, hint=f"Write at most {MAX_BYTES} bytes.")
    try:
        return msgspec.convert(tomllib.loads(data.decode()), kind)
    except UnicodeDecodeError as error:
        raise RegistryInvalid(f"{source}: byte {error.start}", hint="Save the file as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise RegistryInvalid(f"{source}: {error}", hint="Write TOML, as in docs/quality.md.") from error
    except msgspec.ValidationError as error:
        raise RegistryInvalid(f"{source}: {error}") from error


def section[T](described: Described, name: Literal["link", "merge"], kind: type[T]) -> T:
    """Return the settings of another part as that part's own struct.

    Raises:
        RegistryInvalid: the error names the key.
    """
    settings: Mapping[str, Any] = getattr(described.registry, name)
    try:
        return msgspec.convert(settings, kind)
    except msgspec.ValidationError as error:
        raise RegistryInvalid(f"{described.source}: [{name}] {error}") from error


_OPTIONS: Final = {
    "order": {Kind.NAME},
    "composed_of": {Kind.NAME},
    "old_number": {Kind.PERSONAL_NUMBER},
    "day_order": {Kind.DATE},
    "checked_by": {Kind.DATE, Kind.SEX},
    "as_of": {Kind.UNIT},
    "digits": {Kind.CODE},
    "values": {Kind.CHOICE},
}
# What a column may point to, and of which kind it must be.
_POINTERS: Final = {
    "old_number": Kind.CODE,
    "checked_by": Kind.PERSONAL_NUMBER,
    "as_of": Kind.DATE,
}


def _check(registry: Registry, source: str) -> None:
    seen: set[str] = set()
    for column in registry.columns:
        where = f"{source}: column {column.name}"
        if column.name in RESERVED or column.name in seen:
            raise RegistryInvalid(where, hint="Give every column a name of its own, other than record_id and unit.")
        seen.add(column.name)
    for column in registry.columns:
        _check_column(registry, column, f"{source}: column {column.name}")
    if registry.unit is not None and not _is(registry, registry.unit, Kind.UNIT):
        raise RegistryInvalid(f"{source}: unit", hint="Name a column of kind unit.")
    if not registry.record_id:
        raise RegistryInvalid(f"{source}: record_id", hint="Name at least one heading.")


def _check_column(registry: Registry, column: Column, where: str) -> None:
    for option, kinds in _OPTIONS.items():
        default = Column.__struct_defaults__[Column.__struct_fields__.index(option) - len(Column.__struct_fields__)]
        given = getattr(column, option)
        if given and given != default and column.kind not in kinds:
            names = " or ".join(sorted(kinds))
            raise RegistryInvalid(f"{where}: {option}", hint=f"Leave it out: it belongs to columns of kind {names}.")
    if column.kind is Kind.CHOICE and not column.values:
        raise RegistryInvalid(f"{where}: values", hint="List the values and their other spellings.")
    for option, kind in _POINTERS.items():
        target = getattr(column, option)
        if target is not None and not _is(registry, target, kind):
            raise RegistryInvalid(f"{where}: {option}", hint=f"Name a column of kind {kind}.")
    for part in column.composed_of or ():
        if not _is(registry, part, Kind.TEXT):
            raise RegistryInvalid(f"{where}: composed_of", hint="Name two columns of kind text.")


def _is(registry: Registry, name: str, kind: Kind) -> bool:
    return any(column.name == name for column in registry.of_kind(kind))
