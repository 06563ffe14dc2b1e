"""Sign-in to running workbenches, over HTTP and their WebSocket."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import pytest

UNUSED_URL = "http://127.0.0.1:1"  # the port of tcpmux: nothing listens there
TIMEOUT = aiohttp.ClientTimeout(60)
STREAM = "/_stcore/stream"
PATHS = [
    "/",
    "/explorer",
    "/metrics",
    "/messages/unknown.csv",
    "/workbench-assets/app.css",
    "/_stcore/host-config",
    "/_stcore/agent/openapi.json",
    "/favicon.png",
    "/no/such/path",
]


@pytest.fixture(scope="module")
def start(launching, secret, tmp_path_factory):
    """Start a workbench without a server; `url` is its address, `sign_in_url` the printed one."""
    with launching(tmp_path_factory.mktemp("workbenches")) as launch:

        def start(**environment):
            program = launch(
                "dashboard",
                WORKBENCH_JWT_SECRET=secret,
                WORKBENCH_DASHBOARD_PORT="0",
                WORKBENCH_SERVER_URL=UNUSED_URL,
                WORKBENCH_SIMULATOR_URL=UNUSED_URL,
                **environment,
            )
            printed = program.wait_for(r"^dashboard: ((http://127\.0\.0\.1:(\d+))\S*)$")
            program.sign_in_url, program.url, program.port = printed[1], printed[2], int(printed[3])
            return program

        yield start


@pytest.fixture(scope="module")
def workbenches(start):
    """Two workbenches and one that asks for no token."""
    settings = [{}, {}, {"WORKBENCH_DASHBOARD_AUTH": "off"}]
    with ThreadPoolExecutor(len(settings)) as threads:
        return list(threads.map(lambda each: start(**each), settings))


@pytest.fixture
def workbench(workbenches):
    return workbenches[0]


@pytest.fixture
async def browser():
    """A browser that has opened nothing yet."""
    async with aiohttp.ClientSession(
        cookie_jar=aiohttp.CookieJar(unsafe=True), timeout=TIMEOUT
    ) as http:
        yield http


@pytest.fixture
async def other_browser():
    async with aiohttp.ClientSession(
        cookie_jar=aiohttp.CookieJar(unsafe=True), timeout=TIMEOUT
    ) as http:
        yield http


async def get(browser, url, **headers):
    async with browser.get(url, headers=headers) as response:
        return response.status, await response.text(errors="replace")


async def connect(browser, workbench, **headers):
    """Open Streamlit's WebSocket as a page does; return the status of the handshake."""
    headers = {"Origin": workbench.url, **headers}
    try:
        async with browser.ws_connect(
            workbench.url + STREAM, protocols=["streamlit"], headers=headers
        ):
            return 101
    except aiohttp.WSServerHandshakeError as error:
        return error.status


async def statuses(browser, workbench, **headers):
    """Return the statuses of all paths and of the WebSocket's handshake."""
    found = {path: (await get(browser, workbench.url + path, **headers))[0] for path in PATHS}
    return found | {STREAM: await connect(browser, workbench, **headers)}


EVERYTHING_IS_REFUSED = dict.fromkeys([*PATHS, STREAM], 403)


async def test_a_browser_that_opened_the_printed_address_may_use_everything(workbench, browser):
    assert (await get(browser, workbench.sign_in_url))[0] == 200

    found = await statuses(browser, workbench)

    assert 403 not in found.values()
    assert found["/"] == found["/metrics"] == found["/workbench-assets/app.css"] == 200
    assert found[STREAM] == 101


async def test_nobody_else_may_use_anything(workbench, browser):
    assert await statuses(browser, workbench) == EVERYTHING_IS_REFUSED
    wrong = f"workbench_{workbench.port}={'A' * 43}"
    assert await statuses(browser, workbench, Cookie=wrong) == EVERYTHING_IS_REFUSED


async def test_a_wrong_token_opens_nothing(workbench, browser):
    for path in ("/?token=guessed", "/metrics?token=", f"{STREAM}?token=guessed"):
        assert (await get(browser, workbench.url + path))[0] == 403

    assert await statuses(browser, workbench) == EVERYTHING_IS_REFUSED


@pytest.mark.parametrize("origin", ["http://evil.test", "http://localhost:3000", "null"])
async def test_a_page_of_another_origin_may_use_nothing(workbench, browser, origin):
    await get(browser, workbench.sign_in_url)

    assert await statuses(browser, workbench, Origin=origin) == EVERYTHING_IS_REFUSED


async def test_a_page_whose_host_name_was_rebound_may_use_nothing(workbench, workbenches, browser):
    for each in (workbench, workbenches[2]):
        await get(browser, each.sign_in_url)
        host = f"evil.test:{each.port}"
        found = await statuses(browser, each, Host=host, Origin=f"http://{host}")

        assert found == EVERYTHING_IS_REFUSED


async def test_the_token_is_exchanged_for_a_cookie_and_the_address_stays_otherwise(
    workbench, browser
):
    token = workbench.sign_in_url.partition("token=")[2]
    url = f"{workbench.url}/explorer?text=a+b%26c&token={token}&window=5m"

    async with browser.get(url, allow_redirects=False) as response:
        headers = response.headers

    assert headers["Location"] == "./explorer?text=a+b%26c&window=5m"
    name, _, rest = headers["Set-Cookie"].partition("=")
    value, *attributes = rest.split("; ")
    assert name == f"workbench_{workbench.port}"
    assert set(attributes) == {"HttpOnly", "SameSite=strict", "Path=/"}
    assert value != token
    assert len(token) >= 32
    assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "same-origin")


async def test_behind_a_proxy_with_tls_the_cookie_is_secure(workbench, browser):
    headers = {"X-Forwarded-Proto": "https"}

    async with browser.get(
        workbench.sign_in_url, headers=headers, allow_redirects=False
    ) as response:
        assert "; Secure" in response.headers["Set-Cookie"]


async def test_two_workbenches_and_two_browsers_stay_apart(workbenches, browser, other_browser):
    first, second, _ = workbenches
    await get(browser, first.sign_in_url)
    await get(other_browser, second.sign_in_url)
    assert await connect(browser, first) == await connect(other_browser, second) == 101
    assert await connect(browser, second) == await connect(other_browser, first) == 403

    await get(browser, second.sign_in_url)

    assert await connect(browser, first) == await connect(browser, second) == 101


async def test_health_is_open_and_metrics_take_the_token(workbench, browser):
    token = workbench.sign_in_url.partition("token=")[2]

    assert await get(browser, f"{workbench.url}/_stcore/health") == (200, "ok")
    status, text = await get(browser, f"{workbench.url}/metrics", Authorization=f"Bearer {token}")
    assert (status, "workbench_monitor_messages_total" in text) == (200, True)


async def test_no_token_is_asked_for_if_sign_in_is_off(workbenches, browser):
    *_, workbench = workbenches

    assert workbench.sign_in_url == workbench.url
    assert await connect(browser, workbench) == 101
    assert await connect(browser, workbench, Origin="http://localhost:3000") == 403


async def test_who_is_not_signed_in_reads_what_to_do_in_both_languages(workbench, browser):
    status, page = await get(browser, f"{workbench.url}/orders?order=1", Accept="text/html,*/*")

    assert status == 403
    assert f"<code>http://127.0.0.1:{workbench.port}/?token=…</code>" in page
    assert re.findall(r'<section lang="(\w+)"><h1>([^<]+)', page) == [
        ("en", "Sign in to the workbench"),
        ("uk", "Увійдіть до панелі"),
    ]
    assert await get(browser, f"{workbench.url}/orders") == (403, "Forbidden\n")


async def test_who_comes_by_another_name_reads_which_setting_names_it(workbench, browser):
    host = f"workbench.example.com:{workbench.port}"

    assert "WORKBENCH_DASHBOARD_HOSTS" in (await get(browser, workbench.url, Host=host))[1]


async def test_the_token_is_printed_once_and_in_no_log(start, browser):
    workbench = await asyncio.to_thread(start)
    token = workbench.sign_in_url.partition("token=")[2]
    await get(browser, workbench.sign_in_url)
    await get(browser, f"{workbench.url}/no/such/path?token={token}")
    await get(browser, f"{workbench.url}/_stcore/stream?token={token}", Origin="http://evil.test")
    for path in ("", f"/explorer?token={token}"):
        await get(browser, f"{workbench.url}{path}", Host="evil.test")
    async with browser.ws_connect(
        f"{workbench.url}{STREAM}?token={token}", protocols=["streamlit"]
    ) as socket:
        await socket.send_bytes(b"\xff")  # what Streamlit cannot read, it logs
        await socket.receive()

    assert await asyncio.to_thread(workbench.stop) == 0
    assert workbench.output.count(token) == 1
    (cookie,) = [each for each in browser.cookie_jar if each.key.startswith("workbench_")]
    assert cookie.value not in workbench.output
    assert "external IP" not in workbench.output
