"""The text that goes with an exported record, in all languages, for a reader who has never heard of us."""

from typing import Final

from lienthong.kernel.clock import iso
from lienthong.kernel.i18n import LANGUAGES, catalogue_of, later
from lienthong.trust.journal_entry import Entry

_TITLE: Final = later("EVIDENCE: entry {index} in the journal of site {site}")
_WHAT: Final = later(
    "{at}: {kind} {id}, organ {organ}, other side {peer}, verdict {verdict}.\n"
    "The record proves that this entry stands in that journal and who sealed what it is about. It holds no "
    "content unless that was asked for; content is bound by its digest. This text itself is not evidence."
)
_WITH: Final = later(
    "With our software:\n"
    "  lienthong evidence verify THIS-FILE --root root.json\n"
    "root.json is root metadata of the directory. Take it from the centre or from somewhere else you trust, "
    "not from whoever gave you this file. Add --content FILE to check a document against its digest."
)
_WITHOUT: Final = later(
    "Without our software (any library for COSE and CBOR, any TUF client):\n"
    "1. directory.cbor is CBOR [1, roots, roles, targets]: files of a TUF repository (TUF 1.0). Verify them "
    "from root.json. They name each organ's and site's keys with their terms. A key's id is the first 16 "
    'bytes of SHA-256 over "<COSE algorithm>:" and the public key.\n'
    "2. receipt.cose is a COSE receipt (RFC 9942) of a key of the site: the hash of entry.cbor and the path "
    "(RFC 9162) lead to the root of the journal, which the signature is over.\n"
    "3. entry.cbor is CBOR [1, time in ms, organ, direction, kind, id, other side, label, purpose, verdict, "
    "detail, number of digests, SHA-256 digests, seals].\n"
    "4. seals/N.cose is a COSE_Sign1 (RFC 9052) with detached payload. It signs seals/N.header.cbor, or, "
    "with parameter 395, the root to which the hash of that header and the path in 396 lead. "
    "seals/N.header.json shows the same header for reading. The key must be one of the sender's and valid at "
    "the time of the entry."
)


def text(entry: Entry, *, index: int, site: str) -> str:
    """Return the text about an entry."""
    facts = {
        "index": index,
        "site": site,
        "at": iso(entry.at),
        "kind": entry.kind,
        "id": entry.id or "–",
        "organ": entry.organ,
        "peer": entry.peer or "–",
        "verdict": entry.verdict,
    }
    parts = []
    for language in LANGUAGES:
        say = catalogue_of(language).gettext
        parts.append(
            "\n\n".join([say(_TITLE).format_map(facts), say(_WHAT).format_map(facts), say(_WITH), say(_WITHOUT)])
        )
    return f"\n\n{'-' * 72}\n\n".join(parts) + "\n"
