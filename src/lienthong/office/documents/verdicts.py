"""What was found of a PDF and its signatures, in words (``lienthong.signatures.report``)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from lienthong.office.documents.models import File

_VERDICTS: Final[Mapping[str, Promise]] = {
    "valid": _("valid"),
    "invalid": _("invalid"),
    "indeterminate": _("cannot be decided"),
}
_CSS: Final = {"valid": "tag-good", "invalid": "tag-bad"}
# Those that officials meet; the others are named by their code, which docs/signatures.md explains.
_REASONS: Final[Mapping[str, Promise]] = {
    "ok": _("whole, and by a certificate of an authority that is trusted here"),
    "digest_differs": _("what was signed is not what the file holds now"),
    "signature_differs": _("the signature does not fit its certificate"),
    "not_covered": _("part of the file is not under the signature"),
    "modified": _("the file was changed after it was signed"),
    "malformed": _("the signature is not made as it should be"),
    "revoked": _("the certificate was revoked"),
    "untrusted": _("no authority that is trusted here stands behind the certificate"),
    "expired": _("the certificate has expired"),
    "expired_at_signing": _("the certificate had expired when it was used"),
    "weak_algorithm": _("it was made with means that are no longer safe"),
}
_PROBLEMS: Final[Mapping[str, Promise]] = {
    "empty": _("It is empty. Ask for it again."),
    "too_large": _("It is too large to be looked at here; nothing is known of its signatures."),
    "not_a_pdf": _("It is called a PDF and is none. Open it only if you know what it is, or ask for it again."),
    "damaged": _("It is damaged, so nothing can be said of its signatures. Ask for it again."),
    "encrypted": _(
        "It is protected by a password, so it cannot be shown here and nothing can be said of its signatures."
        " Ask for one without."
    ),
    "excessive": _("It takes more time or memory than an honest file would, so it was not looked at to the end."),
}
_SCRIPTS: Final = _("It holds scripts. They are not run here; other programs may run them when you open it there.")
_INSIDE: Final = _("It holds other files. They are not shown here; beware of opening them elsewhere.")
_UNSEEN: Final = _("Not all of it could be looked at here: it may hold scripts or other files that were not found.")


def warnings(file: File) -> list[str]:
    """Return what readers of a PDF should know before they open it; nothing where it was not looked at."""
    facts = (file.report or {}).get("facts") or {}
    told: list[Promise] = [_PROBLEMS[facts["problem"]]] if facts.get("problem") in _PROBLEMS else []
    told += [_SCRIPTS] if facts.get("javascript") else []
    told += [_INSIDE] if facts.get("embedded_files") else []
    told += [_UNSEEN] if not facts.get("problem") and not facts.get("complete", True) else []
    return [str(each) for each in told]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One signature as the page shows it."""

    word: str
    css: str
    why: str
    signer: str
    time: datetime | None
    intact: bool
    trusted: bool
    modified_after: bool


def verdicts(file: File) -> list[Verdict]:
    """Return what was found of each signature of a file; nothing where it was not looked at, or has none."""
    return [_verdict(each) for each in (file.report or {}).get("signatures", ())]


def _verdict(found: Mapping[str, Any]) -> Verdict:
    word, reason = str(found.get("verdict", "")), str(found.get("reason", ""))
    time = found.get("time")
    return Verdict(
        word=str(_VERDICTS.get(word, word)),
        css=_CSS.get(word, "tag-warn"),
        why=str(_REASONS.get(reason, reason)),
        signer=str(found.get("signer") or _now("unknown")),
        time=datetime.fromisoformat(time) if isinstance(time, str) else None,
        intact=bool(found.get("intact")),
        trusted=bool(found.get("trusted")),
        modified_after=bool(found.get("modified_after")),
    )
