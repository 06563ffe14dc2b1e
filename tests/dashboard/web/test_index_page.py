"""The pages' HTML has our styles and the server's address, so that nothing moves or is guessed."""

import asyncio

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route

from dashboard.web import index_page


async def stream(_):
    return StreamingResponse(iter([b"<html>", b"</html>"]), media_type="text/html")


ROUTES = [
    Route("/explorer", lambda _: HTMLResponse("<html>Streamlit</html>", headers={"ETag": "1"})),
    Route("/streamed", stream),
    Route("/metrics", lambda _: PlainTextResponse("metrics")),
    Route("/gone", lambda _: HTMLResponse("not found", 404)),
]


@pytest.fixture
def get():
    """Request a path; returns status, headers and body."""
    app = index_page.ServeIndex(Starlette(routes=ROUTES))

    async def request(path):
        sent = []

        async def receive():
            await asyncio.Event().wait()  # the client stays

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b""}
        await app(scope, receive, send)
        start, *bodies = sent
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        return start["status"], headers, b"".join(each.get("body", b"") for each in bodies)

    return lambda path: asyncio.run(request(path))


def test_the_address_is_set_before_streamlits_script_runs():
    page = index_page.render_index().decode()

    assert page.index(index_page.ADDRESS) < page.index('<script type="module"')


def test_the_styles_come_after_those_that_streamlit_adds_to_the_head():
    page = index_page.render_index().decode()

    assert page.index("</head>") < page.index(index_page.STYLES) < page.index('id="root"')


@pytest.mark.parametrize("path", ["/explorer", "/streamed"])
def test_streamlits_html_is_replaced(get, path):
    status, headers, body = get(path)

    assert (status, body) == (200, index_page.render_index())
    assert headers["cache-control"] == "no-cache"
    assert headers["content-length"] == str(len(body))
    assert "etag" not in headers


@pytest.mark.parametrize(("path", "body"), [("/metrics", b"metrics"), ("/gone", b"not found")])
def test_other_responses_are_not(get, path, body):
    assert get(path)[2] == body


def test_the_outline_of_a_page_is_there_before_streamlit_draws_it():
    page = index_page.render_index().decode()

    assert page.index(index_page.LOADING) < page.index('id="root"')
