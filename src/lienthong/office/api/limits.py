"""How often a token may ask: counted per minute, for all processes together."""

import time
from dataclasses import dataclass
from typing import Final

from django.db import connection

from lienthong.office.accounts.models import TokenKind

SECONDS: Final = 60
# A person's script, and a system that keeps a register up to date.
LIMITS: Final = {TokenKind.PERSONAL: 300, TokenKind.SYSTEM: 3000}
_COUNT: Final = """
INSERT INTO api_window AS w (token_id, minute, count) VALUES (%(token)s, %(minute)s, 1)
ON CONFLICT (token_id) DO UPDATE
SET minute = excluded.minute, count = CASE WHEN w.minute = excluded.minute THEN w.count + 1 ELSE 1 END
RETURNING count
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a token may still ask for."""

    limit: int
    # Negative: it has asked for more than it may.
    left: int
    # Seconds until the next minute.
    reset: int

    @property
    def headers(self) -> dict[str, str]:
        """The same for the client (draft-ietf-httpapi-ratelimit-headers)."""
        left = max(self.left, 0)
        return {
            "RateLimit-Policy": f'"minute";q={self.limit};w={SECONDS}',
            "RateLimit": f'"minute";r={left};t={self.reset}',
            # As earlier drafts had them, which most clients know.
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(left),
            "RateLimit-Reset": str(self.reset),
        }


def count(token_id: int, kind: TokenKind) -> Allowance:
    """Count a request of a token and return what is left."""
    now = int(time.time())
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"token": token_id, "minute": now // SECONDS})
        (asked,) = cursor.fetchone() or (1,)
    limit = LIMITS[kind]
    return Allowance(limit=limit, left=limit - asked, reset=SECONDS - now % SECONDS)
