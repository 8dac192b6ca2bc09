"""Settings of the vault: what a site may write, and what is refused without quoting it."""

from pathlib import Path

import pytest

from lienthong.office.vault.configuration import FolderPlace, TokenPlace, VaultMisconfigured, configuration

STATE = Path("/state")
S3 = {"LIENTHONG_VAULT_S3": "https://s3.test:8333/office/files/1", "LIENTHONG_VAULT_S3_CREDENTIALS_FILE": "/run/s3"}
TOKEN = {"LIENTHONG_VAULT_KEYS": "pkcs11:token=the%20organ;object=x?module-path=/usr/lib/p11.so"}


def test_without_any_all_is_in_the_state_folder() -> None:
    vault = configuration({}, STATE)
    assert vault.keys == FolderPlace(folder=STATE / "vault" / "keys", passphrase=None)
    assert vault.storage["OPTIONS"] == {"location": STATE / "vault" / "files"}
    assert (vault.clamav, vault.largest) == ("", 1 << 30)


def test_folders_may_be_elsewhere() -> None:
    given = {"KEYS": "/keys", "PASSPHRASE_FILE": "/run/passphrase", "FILES": "/files"}
    vault = configuration({f"LIENTHONG_VAULT_{name}": value for name, value in given.items()}, STATE)
    assert vault.keys == FolderPlace(folder=Path("/keys"), passphrase=Path("/run/passphrase"))
    assert vault.storage["OPTIONS"] == {"location": Path("/files")}


def test_a_token_is_named_as_rfc_7512_has_it() -> None:
    vault = configuration({**TOKEN, "LIENTHONG_PIN_FILE": "/run/pin"}, STATE)
    assert vault.keys == TokenPlace(library=Path("/usr/lib/p11.so"), token="the organ", pin=Path("/run/pin"))


def test_a_bucket_is_named_by_its_address() -> None:
    options = configuration({**S3, "LIENTHONG_VAULT_S3_CA": "/ca.pem"}, STATE).storage["OPTIONS"]
    assert (options["endpoint_url"], options["bucket_name"]) == ("https://s3.test:8333", "office")
    assert (options["location"], options["verify"], options["region_name"]) == ("files/1", "/ca.pem", "us-east-1")


@pytest.mark.parametrize(
    "environ",
    [
        {**TOKEN},
        {"LIENTHONG_VAULT_KEYS": "pkcs11:token=o?module-path=/p.so&pin-value=9911", "LIENTHONG_PIN_FILE": "/p"},
        {"LIENTHONG_VAULT_KEYS": "pkcs11:token=o", "LIENTHONG_PIN_FILE": "/p"},
        {"LIENTHONG_VAULT_KEYS": "pkcs11:?module-path=/p.so", "LIENTHONG_PIN_FILE": "/p"},
        {**S3, "LIENTHONG_VAULT_S3_CREDENTIALS_FILE": ""},
        {**S3, "LIENTHONG_VAULT_S3": "https://id:9911@s3.test/office"},
        {**S3, "LIENTHONG_VAULT_S3": "https://s3.test"},
        {**S3, "LIENTHONG_VAULT_S3": "s3://office"},
        {"LIENTHONG_MAX_FILE": "0"},
        {"LIENTHONG_MAX_FILE": "-1"},
        {"LIENTHONG_MAX_FILE": "1 GiB"},
    ],
)
def test_what_is_none_is_refused_and_no_secret_quoted(environ: dict[str, str]) -> None:
    with pytest.raises(VaultMisconfigured) as caught:
        configuration(environ, STATE)
    assert "9911" not in str(caught.value)
