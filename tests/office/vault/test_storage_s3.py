"""Files on a real S3 server: written whole or not at all, read in parts, listed, removed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from lienthong.office.core.actor import SYSTEM
from lienthong.office.vault.actions.files import shred, store
from lienthong.office.vault.configuration import VaultMisconfigured
from lienthong.office.vault.errors import FilesUnavailable, FileTooLarge
from lienthong.office.vault.selectors import read
from lienthong.office.vault.storage import Incoming, name_of, objects
from lienthong.office.vault.storage_s3 import S3Objects
from lienthong.trust.errors import StoredInvalid
from lienthong.trust.stored import object_size
from tests.office.people import House
from tests.office.vault.boxes import MIB, SECRET, content, keep, whole
from tests.support.s3 import BUCKET, KEY_ID, S3Server, s3_server
from tests.support.s3 import SECRET as PASSWORD

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def bucket(server: S3Server, files: Path, settings: Settings, tmp_path: Path) -> S3Objects:
    """The vault of this test, in a part of the bucket of its own."""
    (tmp_path / "credentials").write_text(f"{KEY_ID}\n{PASSWORD}\n")
    options = {
        "credentials": tmp_path / "credentials",
        "endpoint_url": server.url,
        "bucket_name": BUCKET,
        "location": tmp_path.name,
        "region_name": "us-east-1",
    }
    backend = "lienthong.office.vault.storage_s3.S3Objects"
    settings.STORAGES = {**settings.STORAGES, "vault": {"BACKEND": backend, "OPTIONS": options}}
    storage = objects()
    assert isinstance(storage, S3Objects)
    return storage


def names(bucket: S3Objects) -> list[str]:
    return [found.name for found in bucket.walk()]


# One request, and several parts of 8 MiB.
@pytest.mark.parametrize("size", [0, 300_000, 20 * MIB + 7])
def test_a_file_comes_out_as_it_came_and_any_part_of_it(house: House, bucket: S3Objects, size: int) -> None:
    data = content(size)
    blob = store(unit_id=house.organs["province"].pk, chunks=[data], limit=size, actor=SYSTEM)
    assert whole(blob) == data
    assert b"".join(read(blob.pk, size // 2, size - size // 4)) == data[size // 2 : size - size // 4]
    assert names(bucket) == [name_of(blob.pk)]
    assert bucket.part(name_of(blob.pk), 0, 1)[0] == object_size(size)


def test_nothing_of_it_is_in_plain_at_the_server(house: House, bucket: S3Objects, server: S3Server) -> None:
    keep(house.organs["province"], content(3 * MIB // 4))
    for path in (server.folder / "data").rglob("*"):
        assert not path.is_file() or SECRET not in path.read_bytes()


def test_what_is_refused_at_its_end_was_never_there(house: House, bucket: S3Objects) -> None:
    pieces = (content(MIB) for _ in range(40))
    with pytest.raises(FileTooLarge):
        store(unit_id=house.organs["province"].pk, chunks=pieces, limit=30 * MIB, actor=SYSTEM)
    assert names(bucket) == []
    # Neither are parts of it, which a bucket would keep for ever.
    uploads = bucket.bucket.meta.client.list_multipart_uploads(Bucket=BUCKET)
    assert [each for each in uploads.get("Uploads", []) if each["Key"].startswith(bucket.location)] == []


def test_shredding_removes_the_object(
    house: House, bucket: S3Objects, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    blob = keep(house.organs["province"], b"x")
    with django_capture_on_commit_callbacks(execute=True):
        shred(blob_id=blob.pk, actor=SYSTEM)
    assert names(bucket) == []


def test_an_object_that_is_missing_or_altered_is_noticed(house: House, bucket: S3Objects) -> None:
    one, two = keep(house.organs["province"], b"1"), keep(house.organs["province"], b"2")
    bucket.delete(name_of(one.pk))
    bucket.save(name_of(two.pk), Incoming([b"something else"]))
    for blob in (one, two):
        with pytest.raises(StoredInvalid):
            whole(blob)


def test_what_is_listed_is_of_this_part_of_the_bucket_with_its_time(bucket: S3Objects) -> None:
    bucket.save("a/b", Incoming([b"x"]))
    (found,) = bucket.walk()
    assert found.name == "a/b"
    assert abs(found.modified - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_server_that_refuses_keeps_nothing_and_says_no_secret(
    house: House, bucket: S3Objects, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "credentials").write_text(f"{KEY_ID}\nanother-secret\n")
    settings.STORAGES = {**settings.STORAGES}
    with pytest.raises(FilesUnavailable) as caught:
        keep(house.organs["province"], b"x")
    assert "SignatureDoesNotMatch" in str(caught.value.__cause__)
    assert "another-secret" not in str(caught.value.__cause__)


@pytest.mark.parametrize("text", ["", "id", "a b c", "mật khẩu"])
def test_credentials_that_are_none_are_not_quoted(tmp_path: Path, text: str) -> None:
    (tmp_path / "credentials").write_text(text)
    with pytest.raises(VaultMisconfigured) as caught:
        S3Objects(credentials=tmp_path / "credentials", bucket_name="b")
    assert text not in str(caught.value) or not text or text == "id"
