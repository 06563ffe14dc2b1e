"""JSON Web Tokens for the personas of a demo; the claims are those of the protocol."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import jwt

DEFAULT_LIFETIME_S = 3600


def mint(
    secret: str,
    *,
    user_id: str,
    tenant_id: str,
    role: str | None = None,
    name: str | None = None,
    tenants: str | Sequence[str] | None = None,
    lifetime_s: float = DEFAULT_LIFETIME_S,
    now: float | None = None,
) -> str:
    """Sign a token with HS256, valid from ``now`` (in seconds since the epoch).

    Without ``role`` the token has only the claims that docs/protocol.md requires.  ``tenants``
    are those that a service acts for besides its own, ``*`` for all.  Times are rounded down to
    whole seconds.
    """
    at = time.time() if now is None else now
    claims: dict[str, Any] = {
        "user_id": user_id,
        "tenant_id": tenant_id,
        "iat": int(at),
        "exp": int(at + lifetime_s),
    }
    optional = {"role": role, "name": name, "tenants": tenants}
    claims |= {k: v for k, v in optional.items() if v is not None}
    return jwt.encode(claims, secret, algorithm="HS256")
