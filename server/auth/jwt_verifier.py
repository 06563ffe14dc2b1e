"""Verifies JSON Web Tokens.  No exception and no log line contains a token."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import jwt

from common.env_settings import InvalidSettings
from protocol.channels import is_valid_key
from server.auth.identity import ALL_TENANTS, Identity, InvalidToken, Role
from server.auth.jwks import JwksKeys, http_fetch
from server.settings import Settings

log = logging.getLogger(__name__)
VerificationKey = Any  # what PyJWT takes as a key: text, bytes or a public key object
CACHE_TTL_S = 60.0  # then a token is verified again: its key may have been replaced
CACHE_SIZE = 1000  # tokens, about 1 MB; verifying one costs some 60 us
MAX_EXPIRES_AT = 253_402_300_799.0  # 9999-12-31T23:59:59Z, the maximum of a datetime


class JwtVerifier:
    """Verifies tokens with the one algorithm of the settings, and caches the valid ones.

    ``is_revoked`` is called for every token, cached or not.
    """

    def __init__(
        self,
        settings: Settings,
        get_key: Callable[[str], Awaitable[VerificationKey]],
        is_revoked: Callable[[Identity], bool],
    ) -> None:
        self._settings = settings
        self._get_key = get_key
        self._is_revoked = is_revoked
        # By token, with the time until which it counts.  No cachetools: every publication needs
        # this, and there it takes 13 calls of Python.
        self._token_cache: dict[str, tuple[Identity, float]] = {}

    async def verify(self, token: str) -> Identity:
        """Verify a token and return its identity.

        Raises:
            InvalidToken: not signed with the key, expired, not yet valid, revoked, or with
                claims that make no identity.
            KeysUnavailable: the identity provider does not answer, and its key is not known.
        """
        cached = self._token_cache.get(token)
        if cached is not None and time.time() < cached[1]:
            identity = cached[0]
        else:
            try:
                identity = self._identity_from_claims(
                    self._decode_claims(token, await self._get_key(token))
                )
            except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as why:
                raise InvalidToken from why
            self._keep(token, identity)
        if self._is_revoked(identity):
            raise InvalidToken
        return identity

    def _keep(self, token: str, identity: Identity) -> None:
        cache = self._token_cache
        cache.pop(token, None)
        while len(cache) >= CACHE_SIZE:
            del cache[next(iter(cache))]  # the one that was verified first
        cache[token] = identity, min(identity.expires_at, time.time() + CACHE_TTL_S)

    def _decode_claims(self, token: str, key: VerificationKey) -> dict[str, Any]:
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
                # Checked below: an issuer's clock may be ahead of ours.
                "verify_iat": False,
                "verify_nbf": False,
            },
        )

    def _identity_from_claims(self, claims: dict[str, Any]) -> Identity:
        user_id = _optional_claim(claims, "user_id") or claims.get("sub")
        tenant_id, role, name = (
            _optional_claim(claims, each) for each in ("tenant_id", "role", "name")
        )
        role = Role(role)
        if role is Role.NONE and self._settings.tokens_without_role == "refuse":
            raise ValueError("no role")
        if not isinstance(user_id, str) or not is_valid_key(user_id):
            raise ValueError("no user")
        if tenant_id != "" and not (isinstance(tenant_id, str) and is_valid_key(tenant_id)):
            raise ValueError("no tenant")
        expires_at = float(claims["exp"])
        if not 0 < expires_at <= MAX_EXPIRES_AT:
            raise ValueError("exp is out of range")
        latest = time.time() + self._settings.clock_skew_s
        issued_at = float(claims.get("iat", 0))
        if not (issued_at <= latest and float(claims.get("nbf", 0)) <= latest):
            raise ValueError("not yet valid")
        return Identity(
            user_id=user_id,
            tenant_id=tenant_id,
            role=role,
            name=name if _is_displayable(name) else user_id,
            issued_at=issued_at,
            expires_at=expires_at,
            other_tenants=_other_tenants(claims) if role is Role.SERVICE else frozenset(),
        )


def _optional_claim(claims: dict[str, Any], name: str) -> Any:
    """Return an optional claim; null counts as missing."""
    value = claims.get(name)
    return "" if value is None else value


def _other_tenants(claims: dict[str, Any]) -> frozenset[str]:
    """Return the tenants in the claim ``tenants``: a list of them, or ``*`` for all."""
    tenants = claims.get("tenants")
    if tenants is None:
        return frozenset()
    if tenants == ALL_TENANTS:
        return frozenset({ALL_TENANTS})
    if not isinstance(tenants, list) or not all(
        isinstance(each, str) and (each == ALL_TENANTS or is_valid_key(each)) for each in tenants
    ):
        raise ValueError("tenants is no list of tenants")
    return frozenset(tenants)


def _is_displayable(name: object) -> bool:
    """Whether a name is valid text: JSON may contain half a character, which UTF-8 cannot."""
    return isinstance(name, str) and bool(name) and name.encode(errors="replace").decode() == name


def _never_revoked(_identity: Identity) -> bool:
    return False


def make_verifier(
    settings: Settings, is_revoked: Callable[[Identity], bool] = _never_revoked
) -> JwtVerifier:
    """Make the verifier for these settings.

    Raises:
        InvalidSettings: the key file cannot be read, or has no public key of the algorithm.
    """
    if settings.tokens_without_role == "document":
        log.warning("WORKBENCH_TOKENS_WITHOUT_ROLE=document is now called allow_tenant_channel")
    if settings.jwt_jwks_url:
        keys = JwksKeys(http_fetch(settings.jwt_jwks_url), time.monotonic)
        return JwtVerifier(settings, keys.get, is_revoked)
    key: VerificationKey = settings.jwt_secret
    if settings.jwt_key_file:
        try:
            key = Path(settings.jwt_key_file).read_bytes()
        except OSError as why:
            raise InvalidSettings([f"WORKBENCH_JWT_KEY_FILE cannot be read: {why}"]) from None
        try:
            key = jwt.get_algorithm_by_name(settings.jwt_algorithm).prepare_key(key)
        except (jwt.PyJWTError, ValueError, TypeError) as why:
            problem = f"has no public key for {settings.jwt_algorithm}: {why}"
            raise InvalidSettings([f"WORKBENCH_JWT_KEY_FILE {problem}"]) from None

    async def configured_key(_token: str) -> VerificationKey:
        return key

    return JwtVerifier(settings, configured_key, is_revoked)
