"""Credentials: what they hold, who may read them, and what the server makes of false ones."""

import dataclasses
import json
import stat
from pathlib import Path

import nkeys
import pytest

from lienthong.exchange.errors import CarrierUnavailable
from lienthong.exchange.transport.auth import Operator
from lienthong.exchange.transport.credentials import Credential, Key, claims_of, encode
from lienthong.exchange.transport.errors import CarrierRefused, CredentialInvalid
from lienthong.exchange.transport.nats import NatsCarrier
from lienthong.exchange.transport.permissions import Role
from lienthong.exchange.transport.provision import replace_accounts
from lienthong.kernel.clock import DAY, SECOND, ManualClock
from lienthong.trust.errors import KeyStoreError
from tests.support.carriers import CLOCK, Broker, eventually, mail

AT = 1_800_000_000_000


@pytest.fixture(scope="module")
def operator() -> Operator:
    return Operator.create()


def test_credential_holds_its_tags_and_term_and_no_permissions(operator: Operator) -> None:
    credential = operator.issue(Role.SITE, "s1", ["b1", "b2"], clock=ManualClock(AT), lifetime=DAY)
    claims = claims_of(credential.jwt)
    assert claims["nats"] == {
        "type": "user",
        "version": 2,
        "issuer_account": operator.account.public,
        "tags": ["site:s1", "branch:b1", "branch:b2"],
    }
    assert claims["iat"] == AT // SECOND
    assert claims["exp"] == (AT + DAY) // SECOND
    assert claims["iss"] == operator.roles[Role.SITE].public
    assert claims["sub"] == credential.key.public


def test_signature_is_that_of_the_issuer(operator: Operator) -> None:
    credential = operator.issue(Role.SITE, "s1", clock=ManualClock(AT), lifetime=DAY)
    signed, _, _ = credential.jwt.rpartition(".")
    assert credential.jwt.endswith(
        nkeys.base64.urlsafe_b64encode(operator.roles[Role.SITE].sign(signed.encode())).decode().rstrip("=")
    )


@pytest.mark.parametrize(("site", "branches"), [("*", []), ("s", [">"]), ("S", []), ("s", ["b.c"]), ("", [])])
def test_codes_that_would_be_grants_are_refused(operator: Operator, site: str, branches: list[str]) -> None:
    with pytest.raises(CredentialInvalid):
        operator.issue(Role.SITE, site, branches, clock=CLOCK, lifetime=DAY)


def test_seeds_show_in_no_text(operator: Operator) -> None:
    credential = operator.issue(Role.SITE, "s1", clock=CLOCK, lifetime=DAY)
    shown = repr((operator, credential, credential.key)) + str(credential)
    for key in (operator.key, operator.account, credential.key, *operator.roles.values()):
        assert key.seed.decode() not in shown


def test_file_is_its_owners_and_comes_back(operator: Operator, tmp_path: Path) -> None:
    credential = operator.issue(Role.SITE, "s1", ["b1"], clock=CLOCK, lifetime=DAY)
    path = tmp_path / "s1.creds"
    path.write_text("older")
    path.chmod(0o644)
    credential.write(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Credential.read(path) == credential
    assert [each.name for each in tmp_path.iterdir()] == ["s1.creds"]


def test_file_open_to_others_or_missing_or_unwritable(operator: Operator, tmp_path: Path) -> None:
    path = tmp_path / "s1.creds"
    credential = operator.issue(Role.SITE, "s1", clock=CLOCK, lifetime=DAY)
    credential.write(path)
    path.chmod(0o640)
    with pytest.raises(CredentialInvalid, match="open to other users"):
        Credential.read(path)
    with pytest.raises(CredentialInvalid, match="missing"):
        Credential.read(tmp_path / "missing")
    with pytest.raises(CredentialInvalid, match="No such file"):
        credential.write(tmp_path / "nowhere" / "s1.creds")


def test_damaged_file_does_not_show_its_seed(operator: Operator, tmp_path: Path) -> None:
    credential = operator.issue(Role.SITE, "s1", clock=CLOCK, lifetime=DAY)
    other = operator.issue(Role.SITE, "s2", clock=CLOCK, lifetime=DAY)
    seed = credential.key.seed.decode()
    swapped = "A" if seed[10] != "A" else "B"
    texts = [
        "",
        credential.text().replace("BEGIN USER NKEY SEED", "BEGIN"),
        credential.text().replace(seed, seed[:-4]),
        credential.text().replace(seed, other.key.seed.decode()),
        credential.text().replace(seed, seed[:10] + swapped + seed[11:]),
        credential.text().replace(credential.jwt, "a.b"),
        credential.text().replace(credential.jwt, "a.W10.c"),
    ]
    for text in texts:
        with pytest.raises(CredentialInvalid) as raised:
            Credential.parse(text)
        assert seed not in str(raised.value)
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe")
    binary.chmod(0o600)
    with pytest.raises(CredentialInvalid):
        Credential.read(binary)


def test_operator_comes_back_from_its_file(operator: Operator, tmp_path: Path) -> None:
    path = tmp_path / "operator"
    operator.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    loaded = Operator.load(path)
    assert loaded == operator
    with pytest.raises(KeyStoreError, match="is there already"):
        operator.save(path)
    loaded.revoke("UABC", clock=ManualClock(AT))
    loaded.update(path)
    assert Operator.load(path).revoked == {"UABC": AT // SECOND}
    assert Operator.load(path).accounts(CLOCK).keys() == operator.accounts(CLOCK).keys()


def test_many_are_issued_quickly_and_all_differ(operator: Operator) -> None:
    issued = {operator.issue(Role.SITE, f"s{n}", ["b"], clock=CLOCK, lifetime=DAY).jwt for n in range(300)}
    assert len(issued) == 300


async def connect(broker: Broker, credential: Credential | Path) -> NatsCarrier:
    return await NatsCarrier.connect(broker.servers, credential)


async def test_server_refuses_what_the_operator_did_not_issue(broker: Broker) -> None:
    good = broker.credential(Role.SITE, "s1", ["b1"])
    claims = claims_of(good.jwt)
    own_tags = {**claims["nats"], "tags": ["site:centre", "branch:b1"]}
    own_permissions = {**claims["nats"], "pub": {"allow": [">"]}, "sub": {"allow": [">"]}}
    forged = [
        # Another operator's; signed with its own key; with other tags; with permissions of its own.
        Operator.create().issue(Role.SITE, "s1", ["b1"], clock=CLOCK, lifetime=DAY),
        dataclasses.replace(
            good, jwt=encode(good.key, subject=good.key, name="s1", at=CLOCK.now(), nats=claims["nats"])
        ),
        dataclasses.replace(good, jwt=encode(good.key, subject=good.key, name="s1", at=CLOCK.now(), nats=own_tags)),
        dataclasses.replace(
            good,
            jwt=encode(
                broker.operator.roles[Role.SITE], subject=good.key, name="s1", at=CLOCK.now(), nats=own_permissions
            ),
        ),
        # A genuine JWT without its key.
        dataclasses.replace(good, key=Key.create(nkeys.PREFIX_BYTE_USER)),
    ]
    for credential in forged:
        with pytest.raises(CarrierRefused, match="s1"):
            await connect(broker, credential)


async def test_server_refuses_an_expired_credential(broker: Broker) -> None:
    past = ManualClock(CLOCK.now() - 2 * DAY)
    with pytest.raises(CarrierRefused):
        await connect(broker, broker.operator.issue(Role.SITE, "s1", ["b1"], clock=past, lifetime=DAY))


async def test_renewed_file_counts_without_a_restart(broker: Broker, tmp_path: Path) -> None:
    path = tmp_path / "s1.creds"
    await broker.provision("renewed")
    short = broker.operator.issue(Role.SITE, "s1", ["renewed"], clock=CLOCK, lifetime=2 * SECOND)
    short.write(path)
    states: list[bool] = []
    carrier = await NatsCarrier.connect(broker.servers, path, on_state=states.append)
    broker.credential(Role.SITE, "s1", ["renewed"]).write(path)
    await eventually(lambda: states == [False, True])
    assert await carrier.publish_durable(mail("renewed", "x", "renewed", "s1"), b"", msg_id="x") == 1
    await carrier.close()


async def test_one_key_issues_for_its_role_only(broker: Broker) -> None:
    credential = broker.credential(Role.SITE, "s1", ["b1"])
    nats = claims_of(credential.jwt)["nats"] | {"issuer_account": broker.operator.directory.public}
    wrong_account = encode(
        broker.operator.roles[Role.SITE], subject=credential.key, name="s1", at=CLOCK.now(), nats=nats
    )
    with pytest.raises(CarrierRefused):
        await connect(broker, dataclasses.replace(credential, jwt=wrong_account))


async def test_revoked_site_is_cut_off_and_stays_out(broker: Broker) -> None:
    credential, other = broker.credential(Role.SITE, "s1", ["b1"]), broker.credential(Role.SITE, "s2", ["b1"])
    carrier, kept = await connect(broker, credential), await connect(broker, other)
    system = broker.operator.issue_system(clock=CLOCK, lifetime=DAY)
    broker.operator.revoke(credential.key.public, clock=CLOCK)
    await replace_accounts(broker.servers, system, broker.operator.accounts(CLOCK).values())
    await eventually(lambda: not carrier.connected)
    with pytest.raises(CarrierRefused):
        await connect(broker, credential)
    assert kept.connected
    await carrier.close()
    await kept.close()


async def test_server_refuses_an_account_jwt_that_is_none(broker: Broker) -> None:
    system = broker.operator.issue_system(clock=CLOCK, lifetime=DAY)
    with pytest.raises(CarrierUnavailable):
        await replace_accounts(broker.servers, system, ["garbage"])


async def test_credential_of_a_site_in_every_branch_still_signs_in(broker: Broker) -> None:
    branches = [f"province-{n:02d}-with-a-long-code" for n in range(36)]
    carrier = await connect(broker, broker.credential(Role.SITE, "everywhere", branches))

    async def answer(subject: str, data: bytes) -> bytes:
        return data

    for branch in branches:
        await carrier.serve(f"rpc.{branch}.everywhere.>", answer)
    last = branches[-1]
    assert await carrier.request(f"rpc.{last}.everywhere.o.{last}.everywhere.o", b"x", timeout=5) == b"x"
    await carrier.close()


def test_account_jwt_holds_templates_by_role(operator: Operator) -> None:
    accounts = operator.accounts(CLOCK)
    keys = claims_of(accounts[operator.account.public])["nats"]["signing_keys"]
    assert {key["role"] for key in keys} == {"site", "provisioner"}
    (publisher,) = claims_of(accounts[operator.directory.public])["nats"]["signing_keys"]
    assert publisher["role"] == "publisher"
    assert "rpc.*.*.*.{{tag(branch)}}.{{tag(site)}}.*" in json.dumps(keys)
