"""Which tokens are revoked, as one node knows it."""

import pytest

from server.auth.identity import Identity, Role
from server.auth.revocations import Revocations
from server.stores.base import Revocation


class Store:
    """A store of revocations in a list."""

    def __init__(self):
        self.stored = []

    async def revoke(self, revocation):
        self.stored.append(revocation)

    async def revocations(self):
        return list(self.stored)


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
    return Store()


@pytest.fixture
def revocations(store):
    return Revocations(store)


async def test_the_tokens_of_a_user_that_were_issued_until_then_are_revoked_and_no_others(
    revocations,
):
    await revocations.revoke("shop", "olena", 100.0)

    assert [revocations.is_revoked(issued(at)) for at in (99.0, 100.0, 101.0)] == [
        True,
        True,
        False,
    ]
    assert not revocations.is_revoked(issued(99.0, user_id="taras"))
    assert not revocations.is_revoked(issued(99.0, tenant_id="books"))


async def test_revocations_of_other_nodes_are_loaded_from_the_store(revocations, store):
    store.stored.append(Revocation("shop", "olena", 100.0))
    assert not revocations.is_revoked(issued(99.0))

    await revocations.load()

    assert revocations.is_revoked(issued(99.0))


async def test_loading_does_not_undo_a_later_revocation(revocations, store):
    store.stored.append(Revocation("shop", "olena", 100.0))
    revocations.record("shop", "olena", 200.0)

    await revocations.load()

    assert revocations.is_revoked(issued(150.0))
