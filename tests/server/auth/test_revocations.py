"""Whose tokens no longer count, as one server knows it."""

import pytest

from server.auth.identity import Identity, Role
from server.auth.revocations import Revocations
from server.stores.base import Revocation


class Kept:
    """A store of revocations in a list."""

    def __init__(self):
        self.kept = []

    async def revoke(self, revocation):
        self.kept.append(revocation)

    async def revocations(self):
        return list(self.kept)


def issued(at, user_id="olena", tenant_id="shop"):
    return Identity(
        user_id=user_id,
        tenant_id=tenant_id,
        role=Role.CUSTOMER,
        name="",
        issued_at=at,
        expires_at=1e9,
    )


@pytest.fixture
def store():
    return Kept()


@pytest.fixture
def revocations(store):
    return Revocations(store)


async def test_tokens_issued_until_then_are_refused_and_nobody_elses(revocations):
    await revocations.revoke("shop", "olena", 100.0)

    assert [revocations.is_revoked(issued(at)) for at in (99.0, 100.0, 101.0)] == [
        True,
        True,
        False,
    ]
    assert not revocations.is_revoked(issued(99.0, user_id="taras"))
    assert not revocations.is_revoked(issued(99.0, tenant_id="books"))


async def test_what_another_server_revoked_is_there_when_read_again(revocations, store):
    store.kept.append(Revocation("shop", "olena", 100.0))
    assert not revocations.is_revoked(issued(99.0))

    await revocations.load()

    assert revocations.is_revoked(issued(99.0))


async def test_what_was_read_before_does_not_undo_what_was_heard_since(revocations, store):
    store.kept.append(Revocation("shop", "olena", 100.0))
    revocations.record("shop", "olena", 200.0)

    await revocations.load()

    assert revocations.is_revoked(issued(150.0))
