"""The HTTP client of both APIs."""

import pytest

from client.http_client import ApiClient, ApiRequestError, ErrorDetail


@pytest.fixture
def client(site):
    return ApiClient(site.url, lambda: "t0ken")


def test_returns_the_body_of_the_response(site, client):
    site.body = b'{"a":1}'

    assert client.get("/state?x=1") == b'{"a":1}'
    assert site.asked.get(timeout=10) == ("GET", "/state?x=1", b"", "Bearer t0ken")


def test_sends_json(site, client):
    client.post("/control", {"command": "announce", "title": "Увага"})

    method, path, body, _ = site.asked.get(timeout=10)
    assert (method, path) == ("POST", "/control")
    assert body.decode() == '{"command":"announce","title":"Увага"}'


def test_sends_bytes_unchanged(site, client):
    client.post("/api/publish", b"{no json")

    assert site.asked.get(timeout=10)[2] == b"{no json"


def test_sends_delete_requests(site, client):
    client.delete("/api/connections/c1")

    assert site.asked.get(timeout=10)[:2] == ("DELETE", "/api/connections/c1")


def test_an_error_response_raises_its_code_message_and_field(site, client):
    site.status = 422
    site.body = b'{"error":{"code":"invalid","message":"At most 60","field":"speed"}}'

    with pytest.raises(ApiRequestError, match="HTTP 422") as failure:
        client.post("/control", {})

    error = failure.value
    assert (error.status, error.detail) == (422, ErrorDetail("invalid", "At most 60", "speed"))


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b'{"error":5}'])
def test_an_error_response_without_an_error_object_raises_its_status(site, client, body):
    site.status, site.body = 502, body

    with pytest.raises(ApiRequestError) as failure:
        client.get("/")

    assert (failure.value.status, failure.value.detail) == (502, ErrorDetail())


def test_an_error_response_that_breaks_off_raises_its_status(site, client):
    site.status, site.body, site.breaks_off = 502, b'{"error":', True

    with pytest.raises(ApiRequestError) as failure:
        client.get("/")

    assert (failure.value.status, failure.value.detail) == (502, ErrorDetail())


def test_a_response_that_breaks_off_counts_as_none_at_all(site, client):
    site.body, site.breaks_off = b'{"connections":', True

    with pytest.raises(ApiRequestError, match="cannot connect"):
        client.get("/")


def test_an_unreachable_server_raises(site, client):
    site.server_close()

    with pytest.raises(ApiRequestError, match="cannot connect") as failure:
        client.get("/")

    assert failure.value.status is None
