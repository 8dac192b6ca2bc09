"""The administrative units that codes in a registry mean: an interface, as countries keep them elsewhere.

``lienthong.profiles`` has such tables; whoever calls the engine passes one in.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol


class UnitVersion(Protocol):
    """What a code meant for some time."""

    @property
    def code(self) -> str:
        """The code: what a registry keeps."""
        ...

    @property
    def tier(self) -> str:
        """One of country, province, district, commune."""
        ...

    @property
    def parent(self) -> str | None:
        """The code of the unit above at that time."""
        ...

    @property
    def full_name(self) -> str:
        """The name with its type, such as Phường Ba Đình."""
        ...

    @property
    def name(self) -> str:
        """The name without its type."""
        ...

    @property
    def valid_from(self) -> date | None:
        """The first day of this version; None: before the table begins."""
        ...

    @property
    def valid_to(self) -> date | None:
        """The day on which it no longer holds; None: it still does."""
        ...


class UnitSuccession(Protocol):
    """Where a unit went in a reform."""

    @property
    def old_code(self) -> str:
        """The code before."""
        ...

    @property
    def new_code(self) -> str:
        """A code after."""
        ...

    @property
    def needs_review(self) -> bool:
        """Whether the unit was split, so that its code alone does not tell which part holds."""
        ...

    @property
    def suggested(self) -> bool:
        """Whether this part of a split unit is the likely one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """A country's units over time, around one reform of all codes."""

    # Every version of every unit; codes are reused by the reform.
    versions: Sequence[UnitVersion] = ()
    successions: Sequence[UnitSuccession] = ()
    # The first day after the reform; None: there was none.
    reform: date | None = None

    def present(self) -> Iterable[UnitVersion]:
        """Return what codes mean now."""
        return (version for version in self.versions if version.valid_to is None)

    def former(self) -> Iterable[UnitVersion]:
        """Return what codes meant before the reform."""
        return (version for version in self.versions if self.reform is not None and version.valid_to == self.reform)


NO_UNITS: Final = Units()
"""For registries without administrative units."""
