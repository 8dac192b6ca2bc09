"""What holds for every test: hypothesis's profiles, only loopback, and what is skipped where a program is missing."""

import ipaddress
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

IN_CI = os.environ.get("CI") == "true"

# Marker to the program it needs and the Debian package that brings it.
NEEDS = {
    "hsm": ("softhsm2-util", "softhsm2"),
    "browser": (os.environ.get("CHROMIUM", "chromium"), "chromium"),
    "curl": ("curl", "curl"),
    "java": ("java", "openjdk-17-jre-headless"),
    "openssl": ("openssl", "openssl"),
    "pdfsig": ("pdfsig", "poppler-utils"),
}

# No deadlines: two shared cores make every one of them a coin toss. Shared machines replay the same examples.
settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("dev"), max_examples=200, derandomize=True, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if IN_CI else "dev"))


class NetworkForbiddenError(RuntimeError):
    """A test reached for something other than this machine."""


def pytest_configure(config: pytest.Config) -> None:
    """Guard the sockets from the first import on; an audit hook cannot be removed, nor patched away by a test."""
    sys.addaudithook(_only_loopback)
    # A shell's background job ignores it, and so would every command that a test starts and interrupts.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, so that no core waits at the end for another one's last file."""
    long = {item.path for item in items if item.get_closest_marker("slow") or item.get_closest_marker("browser")}
    items.sort(key=lambda item: item.path not in long)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose program is missing, and say which package brings it; in CI that is a failure."""
    for marker, (program, package) in NEEDS.items():
        if item.get_closest_marker(marker) is None or shutil.which(program):
            continue
        reason = f"{program} is not installed (Debian package {package})"
        if IN_CI:
            pytest.fail(f"{reason}; with CI=true it has to be", pytrace=False)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def project() -> Path:
    """The folder of the whole project."""
    return Path(__file__).resolve().parent.parent


def _only_loopback(event: str, args: tuple[object, ...]) -> None:
    if event == "socket.connect":
        match args[1]:
            # Addresses of IPv4 and IPv6; those of Unix sockets are text and stay on the machine anyway.
            case (str() as host, int(), *_) if not _is_loopback(host):
                raise NetworkForbiddenError(host)
    elif event == "socket.getaddrinfo":
        match args[0]:
            case str() as host if not _is_loopback(host):
                raise NetworkForbiddenError(host)


def _is_loopback(host: str) -> bool:
    # An unspecified address is where a server binds; a connection to it ends on this machine.
    if host in {"", "localhost"}:
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
