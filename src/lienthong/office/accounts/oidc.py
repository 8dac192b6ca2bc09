"""Signing on with the account of another system (OpenID Connect): what the environment says about it.

Read by the settings before Django stands, so nothing of Django is imported here.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def providers(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return allauth's description of the one system that persons may sign on with; none unless it is configured.

    Args:
        environment: ``LIENTHONG_OIDC_ISSUER`` (its address), ``LIENTHONG_OIDC_CLIENT_ID``,
            ``LIENTHONG_OIDC_SECRET_FILE`` (a file, since every child process sees the environment) and
            ``LIENTHONG_OIDC_NAME`` (shown on the button).
    """
    issuer = environment.get("LIENTHONG_OIDC_ISSUER", "")
    if not issuer:
        return {}
    application = {
        "provider_id": "sso",
        "name": environment.get("LIENTHONG_OIDC_NAME", "OpenID Connect"),
        "client_id": environment["LIENTHONG_OIDC_CLIENT_ID"],
        "secret": Path(environment["LIENTHONG_OIDC_SECRET_FILE"]).read_text(encoding="utf-8").strip(),
        "settings": {"server_url": issuer},
    }
    return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [application]}}
