"""The hybrid wrapping, built a second time from the documents: X-Wing inside RFC 9180, with nothing of HPKE reused."""

import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric import mlkem, x25519
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from lienthong.kernel import cbor
from lienthong.trust import envelope
from lienthong.trust.keys import Algorithm, PublicKey
from lienthong.trust.keystore import generate

# draft-ietf-hpke-pq: MLKEM768-X25519, which is X-Wing (draft-connolly-cfrg-xwing-kem).
KEM_ID = 0x647A
SUITE = b"HPKE" + KEM_ID.to_bytes(2) + (1).to_bytes(2) + (3).to_bytes(2)
XWING_LABEL = bytes.fromhex("5c2e2f2f5e5c")
CIPHERTEXT = 1088


def extract(salt: bytes, label: bytes, material: bytes) -> bytes:
    """LabeledExtract of RFC 9180, section 4."""
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + SUITE + label + material, "sha256")


def expand(secret: bytes, label: bytes, info: bytes, length: int) -> bytes:
    """LabeledExpand of RFC 9180, section 4; one block is enough here."""
    message = length.to_bytes(2) + b"HPKE-v1" + SUITE + label + info
    return hmac.digest(secret, message + b"\x01", "sha256")[:length]


def decapsulated(secret: bytes, public: bytes, encapsulated: bytes) -> bytes:
    """X-Wing's Decapsulate with the two private halves as they are."""
    from_mlkem = mlkem.MLKEM768PrivateKey.from_seed_bytes(secret[:64]).decapsulate(encapsulated[:CIPHERTEXT])
    ephemeral = encapsulated[CIPHERTEXT:]
    private = x25519.X25519PrivateKey.from_private_bytes(secret[64:])
    from_x25519 = private.exchange(x25519.X25519PublicKey.from_public_bytes(ephemeral))
    return hashlib.sha3_256(from_mlkem + from_x25519 + ephemeral + public[-32:] + XWING_LABEL).digest()


def test_the_wrapped_key_opens_by_the_documents_alone() -> None:
    public, private = generate(Algorithm.HPKE_MLKEM768_X25519_KE)
    key = PublicKey(Algorithm.HPKE_MLKEM768_X25519_KE, public, 0, 1 << 50)
    content_key = bytes(range(32))
    data = envelope.encrypt(b"plain", to=key, content_key=content_key)
    [[recipient, outside, wrapped]] = cbor.decode(data).value[3]
    info = cbor.encode(["HPKE Recipient", 3, recipient, b""])

    shared = decapsulated(private.secret, public, outside[-4])
    context = b"\x00" + extract(b"", b"psk_id_hash", b"") + extract(b"", b"info_hash", info)
    secret = extract(shared, b"secret", b"")
    opener = ChaCha20Poly1305(expand(secret, b"key", context, 32))
    assert opener.decrypt(expand(secret, b"base_nonce", context, 12), wrapped, b"") == content_key
