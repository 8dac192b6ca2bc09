"""What the audit trail says of persons and their accounts."""

from enum import StrEnum


class Kind(StrEnum):
    """``source:subject:action`` of each entry."""

    SIGN_IN = "accounts:person:sign-in"
    PASSWORD = "accounts:person:password"  # noqa: S105 - the name of a deed
    SIGN_OUT = "accounts:person:sign-out"
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
    HAND_OVER = "accounts:appointment:hand-over"
    SUBSTITUTE = "accounts:substitution:begin"
    END_SUBSTITUTION = "accounts:substitution:end"
    GRANT_CLEARANCE = "accounts:clearance:grant"
    REVOKE_CLEARANCE = "accounts:clearance:revoke"
    NAME_UNIT = "accounts:need-to-know:grant"
    WITHDRAW_UNIT = "accounts:need-to-know:withdraw"
    IMPORT = "accounts:import:run"
