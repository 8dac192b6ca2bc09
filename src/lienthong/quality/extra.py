"""Whether what cleans registries is installed: asked before anything of it is imported."""

from importlib.util import find_spec
from typing import Final

from lienthong.quality.errors import ExtraMissing

MODULES: Final = ("duckdb", "numpy", "openpyxl", "pyarrow", "splink")


def require() -> None:
    """Refuse to go on without the extra ``quality``.

    Raises:
        ExtraMissing: a part of it is not installed.
    """
    missing = [name for name in MODULES if find_spec(name) is None]
    if missing:
        raise ExtraMissing(", ".join(missing))
