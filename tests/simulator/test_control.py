"""The control: only the shop's admins look, over a real socket, and refusals are JSON."""

import time

import aiohttp
import jwt
import pytest

from client.tokens import mint
from simulator.control import Control
from simulator.report import report
from simulator.state import PublisherState

SECRET = "for the tests only, long enough for every algorithm: 0123456789abcdef"
NOTHING_SENT = PublisherState(0, 0, 0, 0, 0, 0)


@pytest.fixture
async def get(open_shop):
    """Ask the control of a shop; returns the status and the JSON of the answer."""
    shop = open_shop()
    shop.step(30)
    control = Control(
        lambda: report(shop, running=True, publisher=NOTHING_SENT, customers=()),
        secret=SECRET,
        tenant="shop",
    )
    port = await control.open(0)

    async def get_(path, token=None, method="GET"):
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        url = f"http://127.0.0.1:{port}{path}"
        async with (
            aiohttp.ClientSession() as http,
            http.request(method, url, headers=headers) as answer,
        ):
            assert answer.content_type == "application/json"
            return answer.status, await answer.json()

    yield get_
    await control.close()


def token(**changes):
    claims = {"user_id": "admin_1", "tenant_id": "shop", "role": "admin"}
    return mint(SECRET, **{**claims, **changes})


async def test_shows_an_admin_the_shop(get):
    status, state = await get("/state", token())

    assert status == 200
    assert len(state["products"]) == 60
    assert state["warehouses"] == ["Київ", "Львів", "Одеса"]
    assert state["orders"]


@pytest.mark.parametrize(
    "bad",
    [
        None,
        "",
        "nonsense",
        "é",
        token(lifetime_s=-60),
        mint("another secret: 0123456789abcdef0123", user_id="a", tenant_id="shop", role="admin"),
        jwt.encode({"role": "admin", "tenant_id": "shop", "exp": 2e9}, None, algorithm="none"),
        jwt.encode({"role": "admin", "tenant_id": "shop", "exp": 2e9}, SECRET, algorithm="HS512"),
        jwt.encode({"role": "admin", "tenant_id": "shop"}, SECRET, algorithm="HS256"),
    ],
)
async def test_does_not_know_strangers(get, bad):
    assert await get("/state", bad) == (
        401,
        {"error": {"code": "unauthenticated", "message": "Send the bearer token of an admin"}},
    )


@pytest.mark.parametrize(
    "other",
    [
        {"role": "customer"},
        {"role": "agent"},
        {"role": "service"},
        {"role": None},
        {"tenant_id": "books"},
    ],
)
async def test_shows_nobody_else_anything(get, other):
    assert await get("/state", token(**other)) == (
        403,
        {"error": {"code": "forbidden", "message": "Only this shop's admins may look"}},
    )


async def test_tells_anybody_that_it_is_alive(get):
    assert await get("/healthz") == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "/orders", 404, "not_found"), ("POST", "/state", 405, "method_not_allowed")],
)
async def test_has_nothing_else(get, method, path, status, code):
    answered, body = await get(path, token(), method)

    assert (answered, body["error"]["code"]) == (status, code)


async def test_takes_an_audience_for_the_servers_business(get):
    claims = {"role": "admin", "tenant_id": "shop", "exp": time.time() + 60, "aud": "shop-api"}

    status, _ = await get("/state", jwt.encode(claims, SECRET, algorithm="HS256"))

    assert status == 200
