"""``python -m lienthong``: the same as the command ``lienthong``."""

import sys

from lienthong.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
