"""Who may publish and subscribe to what on the carrier: the fence, in one place.

The same templates go into the account's JWT, where the server fills in the tags of a credential, and into
the in-memory carrier. A tag that a credential carries several times (a site with organs of several
branches) multiplies the subjects that name it.

A server does not check the *reply* subject a client names, and stores or delivers what it answers there:
a site could have any stream in its own account written to. So the directory's bucket lives in an account of
its own, of which the sites' account imports only reading and notices; chunks of large contents, once stored,
are never replaced; a call without its sender's inbox as reply subject reaches no handler. The sender in a
mail's subject can be made up that way: the seal inside is the authority, here as everywhere.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from lienthong.exchange.transport.errors import CredentialInvalid

DIRECTORY: Final = "directory"
# How many consumers a site may have on one stream. Their names are fixed, so that no site can use up
# what a stream allows to all (1,000) or pull through somebody else's.
SLOTS: Final = 4
# How long after a request its receiver may answer to the inbox named in it.
ANSWER_SECONDS: Final = 300

_TOKEN: Final = re.compile(r"[a-z0-9-]{1,32}\Z")
_TAG: Final = re.compile(r"\{\{tag\(([a-z]+)\)\}\}")


_READ_DIRECTORY: Final = f"$JS.API.DIRECT.GET.KV_{DIRECTORY}.$KV.{DIRECTORY}.>"
_NOTICES: Final = f"$KV.{DIRECTORY}.>"
# What the sites' account sees of the directory's: kind and subject.
SHARED: Final = (("service", _READ_DIRECTORY), ("stream", _NOTICES))


class Role(StrEnum):
    """What a credential is for."""

    # A gateway.
    SITE = "site"
    # The centre, which sets up and writes the directory's bucket.
    PUBLISHER = "publisher"
    # Whoever sets up the branches' streams.
    PROVISIONER = "provisioner"


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """Subjects with the wildcards ``*`` (one token) and a final ``>`` (one or more)."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]
    # May answer to the reply subject of what it received.
    answer: bool

    def filled(self, tags: Iterable[tuple[str, str]]) -> "Permissions":
        """Return the permissions of a credential with these tags, as the server computes them."""
        values: dict[str, list[str]] = {}
        for name, value in tags:
            values.setdefault(name, []).append(value)
        return Permissions(
            publish=tuple(one for each in self.publish for one in _filled(each, values)),
            subscribe=tuple(one for each in self.subscribe for one in _filled(each, values)),
            answer=self.answer,
        )

    def may_publish(self, subject: str) -> bool:
        """Tell whether a message may go to that subject."""
        return any(matches(pattern, subject) for pattern in self.publish)

    def may_subscribe(self, subject: str) -> bool:
        """Tell whether a subject, with or without wildcards, may be listened to."""
        return any(matches(pattern, subject) for pattern in self.subscribe)


def _site() -> Permissions:
    sender = "{{tag(branch)}}.{{tag(site)}}"
    slots = [f"{{{{tag(site)}}}}_{slot}" for slot in range(SLOTS)]
    return Permissions(
        publish=(
            f"rpc.*.*.*.{sender}.*",
            f"mail.*.*.*.{sender}.*",
            f"blob.{sender}.*.*",
            f"topic.{sender}.*.*",
            "witness.{{tag(site)}}",
            # The filter is part of the subject: a consumer without one, or with another, has another subject.
            # Any stream: only the branch's has such subjects, and naming the branch twice would square what
            # the server has to fill in for a site of many branches; it refuses somewhere above 20.
            *(f"$JS.API.CONSUMER.CREATE.*.{slot}.mail.{sender}.>" for slot in slots),
            # Events are encrypted, and who may read them is the owner's to say: any site may read any of the streams.
            *(f"$JS.API.CONSUMER.CREATE.*.{slot}.topic.>" for slot in slots),
            *(f"$JS.API.CONSUMER.{verb}.*.{slot}" for verb in ("MSG.NEXT", "DELETE") for slot in slots),
            "$JS.API.DIRECT.GET.*.blob.*.*.*.*",
            _READ_DIRECTORY,
        ),
        # To the server a final * covers a subscription to > as well; only what all may hear ends in one.
        subscribe=(f"rpc.{sender}.>", "_INBOX_{{tag(site)}}.>", "witness.*", _NOTICES),
        answer=True,
    )


TEMPLATES: Final = {
    Role.SITE: _site(),
    Role.PUBLISHER: Permissions(
        publish=(
            _NOTICES,
            _READ_DIRECTORY,
            *(f"$JS.API.STREAM.{verb}.KV_{DIRECTORY}" for verb in ("CREATE", "UPDATE", "INFO")),
        ),
        subscribe=("_INBOX_{{tag(site)}}.>", _NOTICES),
        answer=False,
    ),
    Role.PROVISIONER: Permissions(
        publish=("$JS.API.>",),
        subscribe=("_INBOX_{{tag(site)}}.>",),
        answer=False,
    ),
}


def tags_of(site: str, branches: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return the tags of a credential.

    Raises:
        CredentialInvalid: a code other than 1 to 32 of a-z, 0-9 and -; a wildcard in it would be a grant.
    """
    tags = (("site", site), *(("branch", branch) for branch in branches))
    for name, value in tags:
        if not _TOKEN.match(value):
            raise CredentialInvalid(f"{name} {value[:80]!r}", hint="A code is 1 to 32 of a-z, 0-9 and -.")
    return tags


def matches(pattern: str, subject: str) -> bool:
    """Tell whether every subject that ``subject`` stands for is covered by the pattern."""
    wanted, given = pattern.split("."), subject.split(".")
    for index, part in enumerate(wanted):
        if part == ">":
            return len(given) > index
        if index >= len(given) or given[index] == ">" or part not in {"*", given[index]}:
            return False
    return len(wanted) == len(given)


def _filled(template: str, values: dict[str, list[str]]) -> list[str]:
    filled = [template]
    for name in dict.fromkeys(_TAG.findall(template)):
        placeholder = f"{{{{tag({name})}}}}"
        filled = [each.replace(placeholder, value) for each in filled for value in values.get(name, [])]
    return filled
