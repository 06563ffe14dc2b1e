"""Whose tokens no longer count: asked at every sign-in, and so kept in memory as well.

A token may be valid for years, so nothing is ever forgotten: one entry, some 300 bytes, for
each user who was ever revoked.
"""

from __future__ import annotations

from server.auth.identity import Identity
from server.stores.base import Revocation, Store


class Revocations:
    """Refuses the tokens that were issued to a user of a tenant before a moment."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._revoked_at: dict[tuple[str, str], float] = {}

    async def load(self) -> None:
        """Read what was revoked until now, by whichever server.

        Raises:
            StoreUnavailable: it cannot be read.
        """
        for revocation in await self._store.revocations():
            self.record(revocation.tenant_id, revocation.user_id, revocation.at)

    async def revoke(self, tenant_id: str, user_id: str, now: float) -> None:
        """Refuse that user's tokens issued until ``now``, in seconds since the epoch.

        Raises:
            StoreUnavailable: nothing was revoked.
        """
        await self._store.revoke(Revocation(tenant_id, user_id, now))
        self.record(tenant_id, user_id, now)

    def record(self, tenant_id: str, user_id: str, at: float) -> None:
        """Take note of what was revoked and is in the store; what is older changes nothing."""
        key = tenant_id, user_id
        self._revoked_at[key] = max(at, self._revoked_at.get(key, at))

    def is_revoked(self, identity: Identity) -> bool:
        """Tell whether a token was revoked; one that does not say when it was issued is too.

        Issuers usually tell whole seconds, so a token issued in the very second of the
        revocation is refused, before or after.
        """
        since = self._revoked_at.get((identity.tenant_id, identity.user_id))
        return since is not None and identity.issued_at <= since
