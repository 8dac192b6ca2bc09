"""The whole examination, with a real server: healthy, and with one thing wrong after the other."""

import shutil
from collections.abc import AsyncGenerator
from copy import replace
from pathlib import Path

import pytest

from lienthong.directory.cache import Cache, Cached
from lienthong.exchange.asic.local import make_local
from lienthong.exchange.doctor.carrier import carrier
from lienthong.exchange.doctor.examine import examine
from lienthong.exchange.doctor.lines import Level, Line
from lienthong.exchange.transport.permissions import Role
from lienthong.kernel.clock import DAY, HOUR, MINUTE, SECOND, ManualClock, SystemClock
from lienthong.trust.journal import Journal
from tests.support.doctor import Surroundings, surroundings, worst, write_keys
from tests.support.evidence import SITE, A, Parties, receipt

CLOCK = SystemClock()
HEALTHY = dict.fromkeys(
    ("software", "disk", "journal", "directory", "carrier", "keys", "certificates", "clock"), Level.OK
) | {
    # The credentials of tests live for a day.
    "certificates": Level.WARN
}


@pytest.fixture
async def around(tmp_path: Path) -> AsyncGenerator[Surroundings]:
    async with surroundings(tmp_path) as found:
        yield found


def about(lines: list[Line], subject: str) -> str:
    return "\n".join(f"{line.level} {line.text} {line.advice}" for line in lines if line.subject.value == subject)


async def test_a_healthy_gateway(around: Surroundings) -> None:
    lines = await examine(around.config, time=CLOCK)
    assert worst(lines) == HEALTHY
    assert "Version 1 with 2 organs" in about(lines, "directory")
    assert "Organs: 1, keys in use: 4" in about(lines, "keys")
    assert "mail can be read: a" in about(lines, "carrier")
    assert "no journal yet" in about(lines, "journal")
    assert not list(around.config.state.glob(".doctor-*"))
    assert not around.config.directory.exists()


async def test_a_running_gateway_is_not_disturbed(around: Surroundings) -> None:
    """The reading places that a gateway uses stay its own."""
    link = await around.broker.connect(SITE, ["a"])
    taken: list[object] = []

    async def take(messages: object) -> None:
        taken.append(messages)

    reading = await link.consume("MAIL_a", f"mail.a.{SITE}.>", start_after=0, take=take)
    assert worst(await examine(around.config, time=CLOCK)) == HEALTHY
    assert "_3" not in str(await around.broker.ask("CONSUMER.NAMES.MAIL_a"))
    assert f"{SITE}_0" in str(await around.broker.ask("CONSUMER.NAMES.MAIL_a"))
    await reading.close()
    await link.close()


async def test_the_server_is_gone_and_there_is_a_copy_of_the_directory(around: Surroundings) -> None:
    published = around.parties.published
    assert published is not None
    around.config.directory.mkdir()
    Cache(around.config.directory).store(Cached(published=published, fetched=CLOCK.now()))
    await around.broker.kill()
    lines = await examine(around.config, time=CLOCK)
    assert worst(lines) == HEALTHY | {"carrier": Level.FAIL, "clock": Level.WARN}
    assert "could not be compared" in about(lines, "clock")


async def test_the_server_is_gone_and_there_is_nothing(around: Surroundings) -> None:
    await around.broker.kill()
    lines = await examine(around.config, time=CLOCK)
    assert worst(lines) == HEALTHY | {
        "carrier": Level.FAIL,
        "clock": Level.WARN,
        "directory": Level.FAIL,
        "keys": Level.WARN,
    }
    assert "none could be fetched" in about(lines, "directory")
    assert "See to the directory first" in about(lines, "keys")


@pytest.mark.parametrize(("days", "level"), [(4, Level.WARN), (7, Level.FAIL)])
async def test_an_old_copy_of_the_directory(around: Surroundings, days: int, level: Level) -> None:
    published = around.parties.published
    assert published is not None
    around.config.directory.mkdir()
    Cache(around.config.directory).store(Cached(published=published, fetched=CLOCK.now()))
    await around.broker.kill()
    lines = await examine(around.config, time=ManualClock(CLOCK.now() + days * DAY))
    assert worst(lines)["directory"] is level
    assert "Reconnect the gateway" in about(lines, "directory")


async def test_a_directory_that_another_root_signed(around: Surroundings) -> None:
    (around.config.root).write_bytes(Parties().publish().root)
    lines = await examine(around.config, time=CLOCK)
    assert worst(lines)["directory"] is Level.FAIL


async def test_a_root_that_is_none(around: Surroundings) -> None:
    around.config.root.write_text("{}")
    lines = await examine(around.config, time=CLOCK)
    assert "is not root metadata" in about(lines, "directory")


async def test_a_damaged_copy_of_the_directory(around: Surroundings) -> None:
    around.config.directory.mkdir()
    (around.config.directory / "directory.cbor").write_bytes(b"\xff")
    lines = await examine(around.config, time=CLOCK)
    # A new one can be fetched, so the keys can be compared all the same.
    assert "is damaged" in about(lines, "directory")
    assert "valid until" in about(lines, "directory")
    assert worst(lines)["keys"] is Level.OK


async def test_an_older_directory_on_the_carrier_than_the_one_here(around: Surroundings) -> None:
    around.parties.change(A, revoked_at=CLOCK.now())
    newer = around.parties.publish(CLOCK.now() + HOUR)
    around.config.directory.mkdir()
    Cache(around.config.directory).store(Cached(published=newer, fetched=CLOCK.now()))
    lines = await examine(around.config, time=CLOCK)
    assert "older than the one already known" in about(lines, "directory")
    assert "Version 2" in about(lines, "directory")


async def test_a_store_that_does_not_open(around: Surroundings) -> None:
    (around.file.parent / "passphrase").write_text("other words than before")
    lines = await examine(around.config, time=CLOCK)
    assert worst(lines) == HEALTHY | {"keys": Level.FAIL}
    assert "does not open" in about(lines, "keys")


async def test_a_key_that_is_not_here(around: Surroundings) -> None:
    around.parties.keys[A] = around.parties.keys[A][1:]
    write_keys(around.config.keys, around.parties)
    lines = await examine(around.config, time=CLOCK)
    assert worst(lines) == HEALTHY | {"keys": Level.FAIL}
    assert f"private half is not here: 1 ({A} " in about(lines, "keys")
    assert f"Without a key to seal with: 1 ({A})" in about(lines, "keys")


async def test_a_credential_of_another_site_and_branch(around: Surroundings) -> None:
    around.broker.credential(Role.SITE, "site-x", ["b"]).write(around.config.credential)
    lines = await examine(around.config, time=CLOCK)
    text = about(lines, "certificates")
    assert f"for the site site-x, not for {SITE}" in text
    assert "does not allow these branches: a" in text
    assert worst(lines)["carrier"] is Level.FAIL


async def test_a_credential_that_others_can_read(around: Surroundings) -> None:
    around.config.credential.chmod(0o644)
    lines = await examine(around.config, time=CLOCK)
    assert "is open to other users" in about(lines, "certificates")
    assert worst(lines)["carrier"] is Level.FAIL


async def test_a_branch_without_streams(around: Surroundings) -> None:
    await around.broker.ask("STREAM.DELETE.MAIL_a")
    lines = await examine(around.config, time=CLOCK)
    assert worst(lines) == HEALTHY | {"carrier": Level.FAIL, "clock": Level.WARN}
    assert "mail of the branch a cannot be read: stream not found" in about(lines, "carrier")


@pytest.mark.parametrize(("ahead", "level"), [(5 * SECOND, Level.WARN), (2 * MINUTE, Level.FAIL), (-HOUR, Level.FAIL)])
async def test_a_clock_that_is_not_right(around: Surroundings, ahead: int, level: Level) -> None:
    lines = await examine(around.config, time=ManualClock(CLOCK.now() + ahead))
    assert worst(lines)["clock"] is level
    assert "NTP" in about(lines, "clock")


async def test_a_clock_behind_the_journal(around: Surroundings) -> None:
    now = CLOCK.now()
    journal = Journal.open(around.config.journal, site=SITE, clock=ManualClock(now))
    await journal.commit([replace(receipt(around.parties, 1), at=now + MINUTE)])
    journal.close()
    lines = await examine(around.config, time=CLOCK)
    assert worst(lines)["clock"] is Level.FAIL
    assert "the newest entry of the journal is later" in about(lines, "clock")


async def test_a_state_folder_that_is_gone(around: Surroundings) -> None:
    root = around.config.root.read_bytes()
    shutil.rmtree(around.config.state)
    lines = await examine(around.config, time=CLOCK)
    assert worst(lines)["disk"] is Level.FAIL
    assert root
    assert "No such file" in about(lines, "disk")


async def test_certificates_are_looked_at_when_named(around: Surroundings, tmp_path: Path) -> None:
    lines = await examine(around.config, time=CLOCK, pem=[tmp_path / "nowhere.pem"])
    assert "nowhere.pem cannot be read" in about(lines, "certificates")


async def test_the_certificate_that_signs_containers_is_looked_at(around: Surroundings, tmp_path: Path) -> None:
    pem, _ = make_local("Gateway", CLOCK.now())
    (tmp_path / "asic.pem").write_bytes(pem)
    text = '[asic]\ncertificate = "asic.pem"\ntsa = "http://127.0.0.1/"\ntsa-certificates = "tsa.pem"\n'
    around.file.write_text(around.file.read_text() + text)
    said = about(await examine(around.config, time=CLOCK), "certificates")
    assert "asic.pem: CN=Gateway: valid until" in said
    assert "tsa.pem cannot be read" in said


async def test_what_the_server_says_of_its_time_is_believed_only_in_its_form(around: Surroundings) -> None:
    class Odd:
        site = SITE
        max_payload = 1024

        async def ask(self, subject: str, body: bytes) -> bytes:
            return b'{"ts": "yesterdayZ"}' if "CREATE" in subject else b'{"ts": 7}'

    seen = await carrier(Odd(), ["a"], CLOCK)  # type: ignore[arg-type]  # all that is used of a connection
    assert seen.ahead is None
