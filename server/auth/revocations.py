"""Revoked tokens, in memory, because every verification needs them.

A token may be valid for years, so an entry is kept for good: some 300 bytes for each user
whose tokens were ever revoked.
"""

from __future__ import annotations

from server.auth.identity import Identity
from server.stores.base import Revocation, Store


class Revocations:
    """Knows, for each user of a tenant, the time up to which tokens are revoked."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._revoked_at: dict[tuple[str, str], float] = {}

    async def load(self) -> None:
        """Read the revocations of all nodes from the store.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        for revocation in await self._store.revocations():
            self.record(revocation.tenant_id, revocation.user_id, revocation.at)

    async def revoke(self, tenant_id: str, user_id: str, now: float) -> None:
        """Revoke the user's tokens that were issued until ``now``, in seconds since the epoch.

        Raises:
            StoreUnavailable: nothing was revoked.
        """
        await self._store.revoke(Revocation(tenant_id, user_id, now))
        self.record(tenant_id, user_id, now)

    def record(self, tenant_id: str, user_id: str, at: float) -> None:
        """Add a revocation that is in the store; one before the known one changes nothing."""
        key = tenant_id, user_id
        self._revoked_at[key] = max(at, self._revoked_at.get(key, at))

    def is_revoked(self, identity: Identity) -> bool:
        """Whether a token is revoked; one without ``iat`` counts as issued before.

        Issuers usually write whole seconds, so a token of the second of the revocation is
        revoked, even if it was issued a moment later.
        """
        revoked_at = self._revoked_at.get((identity.tenant_id, identity.user_id))
        return revoked_at is not None and identity.issued_at <= revoked_at
