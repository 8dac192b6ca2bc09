"""A real S3 server for tests: SeaweedFS from its wheel, a child process that ends with the test session."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3

from lienthong.embedded.child import find_program

BUCKET = "office"
KEY_ID = "test-key"
SECRET = "test-secret-of-the-server"
_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Server:
    """Where it listens, and what it keeps."""

    url: str
    folder: Path


@contextmanager
def s3_server(folder: Path) -> Iterator[S3Server]:
    """Run a server with an empty bucket.

    Args:
        folder: for its data, its log and its configuration.
    """
    (folder / "data").mkdir()
    identity = {
        "name": "office",
        "credentials": [{"accessKey": KEY_ID, "secretKey": SECRET}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    # It adds 10,000 to each for its own calls.
    s3, filer, master, volume = (_free_port() for _ in range(4))
    command = [
        *(str(find_program("weed")), "server", f"-dir={folder / 'data'}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
        *(f"-master.port={master}", f"-volume.port={volume}", "-filer", f"-filer.port={filer}", "-s3"),
        *(f"-s3.port={s3}", f"-s3.config={folder / 's3.json'}", "-volume.max=20", "-master.volumeSizeLimitMB=64"),
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, start_new_session=True)
    try:
        url = f"http://127.0.0.1:{s3}"
        _wait(process, url, folder / "log")
        yield S3Server(url=url, folder=folder)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _free_port() -> int:
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if port < 55_000:
            return port


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Wait until it takes an object: it listens long before."""
    end = time.monotonic() + _SECONDS
    client = boto3.client(
        "s3", endpoint_url=url, aws_access_key_id=KEY_ID, aws_secret_access_key=SECRET, region_name="us-east-1"
    )
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - of our own server
                pass
        except urllib.error.HTTPError:
            pass
        except OSError:
            _still(process, end, log)
            continue
        try:
            client.create_bucket(Bucket=BUCKET)
            client.put_object(Bucket=BUCKET, Key="probe", Body=b"x")
            client.delete_object(Bucket=BUCKET, Key="probe")
        except Exception:  # noqa: BLE001 - whatever it says while it starts
            _still(process, end, log)
            continue
        client.close()
        return


def _still(process: subprocess.Popen[bytes], end: float, log: Path) -> None:
    running = process.poll() is None and time.monotonic() < end
    assert running, log.read_text(errors="replace")[-2000:]
    time.sleep(0.2)
