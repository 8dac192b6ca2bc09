"""Kinds of values that several resources share, each with its bounds."""

from typing import Annotated, Final

from msgspec import Meta

from lienthong.kernel.clock import DAY, SECOND

MAX_PAGE: Final = 1000
"""Items of one answer at most."""

type Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
"""RFC 3339 in UTC with milliseconds, as ``kernel.clock.iso`` writes it."""
type Limit = Annotated[int, Meta(ge=1, le=MAX_PAGE, description="At most so many.")]
type Identifier = Annotated[str, Meta(min_length=5, max_length=4096, description="INSTANCE/CLASS/MEMBER[/SUBSYSTEM]")]
"""An organ or an information system, each part percent-encoded."""
type Addressee = Annotated[
    str, Meta(min_length=1, max_length=4096, description="An organ, group:CODE, local:CODE, level:N, below:ORGAN or *")
]
"""Whom a message is for, as ``mail.address`` reads it."""
type Term = Annotated[int, Meta(ge=1, le=90 * DAY // SECOND, description="Seconds, 90 days at most.")]
type Cursor = Annotated[str, Meta(max_length=512, description="What the page before gave as next.")]
type Seconds = Annotated[int, Meta(ge=0, le=60, description="Wait so many seconds if there is nothing yet.")]
type Sender = Annotated[str, Meta(max_length=4096, description="Needed only where two senders have used one id.")]
type Note = Annotated[str, Meta(max_length=1000)]
