"""Authorities of a test's own: certificates by `cryptography`, timestamps by `openssl ts` behind a tiny web server."""

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_CONFIG = """
[tsa]
default_tsa = tsa_config
[tsa_config]
serial = {folder}/serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


def pem_of(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    """A private key as a file holds it."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def certificate(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
    name: str,
    *,
    at: datetime | None = None,
    stamping: bool = False,
) -> x509.Certificate:
    """A certificate signed by its own key, valid for a year around a time."""
    at = at or datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .issuer_name(subject)
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=180))
        .not_valid_after(at + timedelta(days=180))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if stamping:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(key, hashes.SHA256())


@dataclass(slots=True, kw_only=True)
class StampServer:
    """A timestamp authority that listens on loopback."""

    folder: Path
    url: str = ""
    # What it does to its replies before it sends them, and with what status and type.
    damage: Callable[[bytes], bytes] = field(default=lambda reply: reply)
    status: int = 200
    media_type: str = "application/timestamp-reply"
    asked: list[bytes] = field(default_factory=list)

    @property
    def certificates(self) -> Path:
        """Its certificate."""
        return self.folder / "tsa.pem"

    def reply(self, query: bytes) -> bytes:
        """Answer as `openssl ts` does."""
        self.asked.append(query)
        (self.folder / "query.tsq").write_bytes(query)
        subprocess.run(
            [
                *("openssl", "ts", "-reply", "-config", self.folder / "tsa.cnf", "-section", "tsa_config"),
                *("-queryfile", self.folder / "query.tsq", "-signer", self.certificates),
                *("-inkey", self.folder / "tsa.key", "-out", self.folder / "reply.tsr"),
            ],
            check=True,
            capture_output=True,
        )
        return self.damage((self.folder / "reply.tsr").read_bytes())


@contextmanager
def stamp_server(folder: Path) -> Iterator[StampServer]:
    """Run a timestamp authority."""
    folder.mkdir()
    key = rsa.generate_private_key(65537, 2048)
    (folder / "tsa.key").write_bytes(pem_of(key))
    made = certificate(key, "Test authority", stamping=True)
    (folder / "tsa.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "tsa.cnf").write_text(_CONFIG.format(folder=folder))
    (folder / "serial").write_text("01\n")
    server = StampServer(folder=folder)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["content-length"]))
            assert self.headers["content-type"] == "application/timestamp-query"
            reply = server.reply(query)
            self.send_response(server.status)
            self.send_header("Content-Type", server.media_type)
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
        thread = threading.Thread(target=listener.serve_forever, daemon=True)
        thread.start()
        server.url = f"http://127.0.0.1:{listener.server_address[1]}/stamp?it=now"
        try:
            yield server
        finally:
            listener.shutdown()
            thread.join()
