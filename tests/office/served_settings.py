"""The office's settings with the lists of tests among its addresses, for a server in a process of its own."""

from lienthong.office.settings import *  # noqa: F403 - settings are taken over whole

# Otherwise it is final.
globals()["ROOT_URLCONF"] = "tests.office.core.lists.example"
