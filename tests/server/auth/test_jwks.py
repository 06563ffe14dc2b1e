"""The keys of an identity provider: fetched when needed, and kept through its outages."""

import asyncio
import json

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from server.auth.identity import KeysUnavailable
from server.auth.jwks import KEEP_S, REFRESH_S, RETRY_S, JwksKeys


class Provider:
    """Has keys by id, and answers unless it is down or silent."""

    def __init__(self):
        self.keys = {"k1": ec.generate_private_key(ec.SECP256R1())}
        self.fetches, self.now, self.is_down = 0, 1000.0, False
        self.answers = asyncio.Event()
        self.answers.set()

    async def fetch(self):
        self.fetches += 1
        await self.answers.wait()
        if self.is_down:
            raise ConnectionError("down")
        algorithm = jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA256)
        return {
            "keys": [
                json.loads(algorithm.to_jwk(key.public_key())) | {"kid": kid, "alg": "ES256"}
                for kid, key in self.keys.items()
            ]
        }

    def token(self, kid="k1"):
        key = self.keys.get(kid) or ec.generate_private_key(ec.SECP256R1())
        return jwt.encode({"user_id": "olena"}, key, "ES256", headers={"kid": kid})


@pytest.fixture
async def provider():
    return Provider()


@pytest.fixture
async def keys(provider):
    return JwksKeys(provider.fetch, lambda: provider.now)


async def can_verify(keys, token):
    key = await keys.get(token)
    return jwt.decode(token, key, algorithms=["ES256"])["user_id"] == "olena"


async def test_tokens_that_arrive_together_share_one_fetch(keys, provider):
    found = await asyncio.gather(*(can_verify(keys, provider.token()) for _ in range(20)))

    assert (all(found), provider.fetches) == (True, 1)


async def test_known_keys_are_used_through_an_outage_of_hours(keys, provider):
    await keys.get(provider.token())
    provider.is_down = True

    for _ in range(10):
        provider.now += KEEP_S / 11
        assert await can_verify(keys, provider.token())


async def test_while_keys_are_fetched_again_nobody_waits_for_it(keys, provider):
    await keys.get(provider.token())
    provider.answers.clear()
    provider.now += REFRESH_S

    async with asyncio.timeout(20):
        assert await can_verify(keys, provider.token())


async def test_a_new_key_of_the_provider_is_found(keys, provider):
    await keys.get(provider.token())
    provider.keys["k2"] = ec.generate_private_key(ec.SECP256R1())
    provider.now += RETRY_S

    assert await can_verify(keys, provider.token("k2"))


async def test_an_unknown_key_is_an_invalid_token_and_invented_ones_cost_few_fetches(
    keys, provider
):
    await keys.get(provider.token())

    for number in range(50):
        with pytest.raises(jwt.PyJWTError):
            await keys.get(provider.token(f"invented-{number}"))

    assert provider.fetches <= 2


async def test_without_an_answer_it_is_not_known_whether_a_token_is_valid(keys, provider):
    provider.is_down = True

    for _ in range(20):
        with pytest.raises(KeysUnavailable):
            await keys.get(provider.token())

    assert provider.fetches == 1


async def test_after_an_outage_the_keys_are_fetched(keys, provider):
    provider.is_down = True
    with pytest.raises(KeysUnavailable):
        await keys.get(provider.token())
    provider.is_down = False
    provider.now += RETRY_S

    assert await can_verify(keys, provider.token())


@pytest.mark.parametrize("token", ["", "a.b.c", "no token"])
async def test_a_malformed_token_asks_nobody(keys, provider, token):
    with pytest.raises(jwt.PyJWTError):
        await keys.get(token)

    assert provider.fetches == 0
