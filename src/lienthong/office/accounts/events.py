"""What the audit trail says of persons and their accounts."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Kind(StrEnum):
    """``source:subject:action`` of each entry."""

    SIGN_IN = "accounts:person:sign-in"
    SIGN_IN_REFUSED = "accounts:person:sign-in-refused"
    PASSWORD = "accounts:person:password"  # noqa: S105 - the name of a deed
    SIGN_OUT = "accounts:person:sign-out"
    SESSION_END = "accounts:session:end"
    SECOND_FACTOR_ADD = "accounts:second-factor:add"
    SECOND_FACTOR_REMOVE = "accounts:second-factor:remove"
    SECOND_FACTOR_RESET = "accounts:second-factor:reset"
    ACT_AS = "accounts:person:act-as"
    INVITE = "accounts:person:invite"
    INVITE_AGAIN = "accounts:invitation:renew"
    ACCEPT = "accounts:invitation:accept"
    EDIT = "accounts:person:edit"
    MOVE = "accounts:person:move"
    SUSPEND = "accounts:person:suspend"
    REACTIVATE = "accounts:person:reactivate"
    DISMISS = "accounts:person:dismiss"
    APPOINT = "accounts:appointment:begin"
    END_APPOINTMENT = "accounts:appointment:end"
    MAIN_APPOINTMENT = "accounts:appointment:main"
    SUBSTITUTE = "accounts:substitution:begin"
    END_SUBSTITUTION = "accounts:substitution:end"
    GRANT_CLEARANCE = "accounts:clearance:grant"
    REVOKE_CLEARANCE = "accounts:clearance:revoke"
    NAME_UNIT = "accounts:need-to-know:grant"
    WITHDRAW_UNIT = "accounts:need-to-know:withdraw"
    IMPORT = "accounts:import:run"


TITLES: Final[Mapping[str, Promise]] = MappingProxyType(
    {
        Kind.SIGN_IN: _("signed in"),
        Kind.SIGN_IN_REFUSED: _("refused a sign-in"),
        Kind.PASSWORD: _("set a new password"),
        Kind.SIGN_OUT: _("signed the person out everywhere"),
        Kind.SESSION_END: _("ended a session of the person"),
        Kind.SECOND_FACTOR_ADD: _("set up a second step"),
        Kind.SECOND_FACTOR_REMOVE: _("removed a second step"),
        Kind.SECOND_FACTOR_RESET: _("reset the second step"),
        Kind.ACT_AS: _("acted in another position"),
        Kind.INVITE: _("invited the person"),
        Kind.INVITE_AGAIN: _("sent a new invitation"),
        Kind.ACCEPT: _("accepted the invitation"),
        Kind.EDIT: _("corrected the account"),
        Kind.MOVE: _("moved the person to another organ"),
        Kind.SUSPEND: _("suspended the account"),
        Kind.REACTIVATE: _("reactivated the account"),
        Kind.DISMISS: _("dismissed the person"),
        Kind.APPOINT: _("appointed the person"),
        Kind.END_APPOINTMENT: _("ended an appointment"),
        Kind.MAIN_APPOINTMENT: _("chose the main position"),
        Kind.SUBSTITUTE: _("named a substitute"),
        Kind.END_SUBSTITUTION: _("ended a substitution"),
        Kind.GRANT_CLEARANCE: _("granted a clearance"),
        Kind.REVOKE_CLEARANCE: _("revoked a clearance"),
        Kind.NAME_UNIT: _("named a labelled unit"),
        Kind.WITHDRAW_UNIT: _("withdrew a labelled unit"),
        Kind.IMPORT: _("imported persons"),
    }
)
"""What was done, in the reader's language."""
