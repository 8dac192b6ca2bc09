"""Without the extra there is one clear sentence."""

import pytest

from lienthong.quality import extra
from lienthong.quality.errors import ExtraMissing


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extra, "MODULES", ("duckdb", "no_such_module"))
    with pytest.raises(ExtraMissing, match=r"no_such_module\. Install it with: pip install 'lienthong\[quality\]'"):
        extra.require()
