"""``python -m lienthong.office.members.loading FOLDER``: load results; prints what was loaded as JSON."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import django


def main(arguments: list[str]) -> int:
    """Load the results of a folder; what is wrong with them is said on standard error."""
    django.setup()
    # Imported late: models need Django to be set up.
    from lienthong.kernel.errors import LienthongError  # noqa: PLC0415 - see above
    from lienthong.office.members.loading.load import load  # noqa: PLC0415 - see above

    try:
        loaded = load(Path(arguments[0]))
    except LienthongError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps(asdict(loaded)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
