"""Token to Identity: verifies JSON Web Tokens.  Nothing it says or logs contains one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import jwt

from protocol.channels import is_key
from protocol.environment import Misconfigured
from server.identity import Identity, Role
from server.settings import Settings

Key = Any  # what PyJWT takes as a key: text, bytes or a public key object
BELIEVED_S = 60.0  # a token is verified anew after that, with whatever key is then the right one
MOST_BELIEVED = 1000  # tokens, about 1 MB; verifying one costs some 60 us
LAST_MOMENT = 253_402_300_799.0  # 9999-12-31T23:59:59Z, the last that a datetime can hold


class InvalidToken(Exception):
    """The token is not to be trusted; why is nobody's business."""

    def __init__(self) -> None:
        super().__init__("Invalid or expired token")


class Verifier:
    """Turns tokens into identities with one algorithm, fixed by the settings.

    ``is_revoked`` is asked of whoever bears a good token.
    """

    def __init__(
        self,
        settings: Settings,
        key_of: Callable[[str], Awaitable[Key]],
        is_revoked: Callable[[Identity], bool],
    ) -> None:
        self._settings = settings
        self._key_of = key_of
        self._is_revoked = is_revoked
        self._believed: dict[str, tuple[float, Identity]] = {}

    async def identify(self, token: str) -> Identity:
        """Verify a token and read whom it speaks for.

        Raises:
            InvalidToken: not signed by us, expired, not yet valid, revoked, or with claims
                that make no identity.
        """
        now = time.time()
        believed_until, who = self._believed.get(token, (0.0, None))
        if who is None or now >= believed_until:
            try:
                who = self._identity(self._claims(token, await self._key_of(token)))
            except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as why:
                raise InvalidToken from why
            self._believe(token, who, now)
        if self._is_revoked(who):
            raise InvalidToken
        return who

    def _believe(self, token: str, who: Identity, now: float) -> None:
        """Remember a good token for a while: a publisher shows its own with every request."""
        self._believed[token] = (min(who.expires_at, now + BELIEVED_S), who)
        if len(self._believed) > MOST_BELIEVED:
            del self._believed[next(iter(self._believed))]

    def _claims(self, token: str, key: Key) -> dict[str, Any]:
        settings = self._settings
        return jwt.decode(
            token,
            key,
            algorithms=[settings.jwt_algorithm],
            audience=settings.jwt_audience or None,
            issuer=settings.jwt_issuer or None,
            options={
                "require": ["exp"],
                "verify_aud": bool(settings.jwt_audience),
                "verify_iat": False,  # an issuer's clock may be a second ahead of ours
            },
        )

    def _identity(self, claims: dict[str, Any]) -> Identity:
        user_id = _claimed(claims, "user_id") or claims.get("sub")
        tenant_id, role, name = (_claimed(claims, each) for each in ("tenant_id", "role", "name"))
        role = Role(role)
        if role is Role.DOCUMENT and self._settings.tokens_without_role == "refuse":
            raise ValueError("no role")
        if not isinstance(user_id, str) or not is_key(user_id):
            raise ValueError("no user")
        if tenant_id != "" and not (isinstance(tenant_id, str) and is_key(tenant_id)):
            raise ValueError("no tenant")
        expires_at = float(claims["exp"])
        if not 0 < expires_at <= LAST_MOMENT:
            raise ValueError("no end")
        return Identity(
            user_id=user_id,
            tenant_id=tenant_id,
            role=role,
            name=name if _is_text(name) else user_id,
            issued_at=float(claims.get("iat", 0)),
            expires_at=expires_at,
        )


def _claimed(claims: dict[str, Any], name: str) -> Any:
    """Return an optional claim; null is as good as none."""
    value = claims.get(name)
    return "" if value is None else value


def _is_text(name: object) -> bool:
    """Tell whether a name can be shown: JSON can write half a character, UTF-8 cannot."""
    return isinstance(name, str) and bool(name) and name.encode(errors="replace").decode() == name


def _never(_who: Identity) -> bool:
    return False


def make_verifier(settings: Settings, is_revoked: Callable[[Identity], bool] = _never) -> Verifier:
    """Build the verifier that the settings ask for.

    Raises:
        Misconfigured: the key file cannot be read.
    """
    if settings.jwt_jwks_url:
        keys = jwt.PyJWKClient(settings.jwt_jwks_url, timeout=5)

        async def fetch(token: str) -> Key:
            # The client blocks while it fetches a key it has not cached.
            return (await asyncio.to_thread(keys.get_signing_key_from_jwt, token)).key

        return Verifier(settings, fetch, is_revoked)
    key: str | bytes = settings.jwt_secret
    if settings.jwt_key_file:
        try:
            key = Path(settings.jwt_key_file).read_bytes()
        except OSError as why:
            raise Misconfigured([f"WORKBENCH_JWT_KEY_FILE cannot be read: {why}"]) from None

    async def fixed(_token: str) -> Key:
        return key

    return Verifier(settings, fixed, is_revoked)
