"""Asking over HTTP."""

import pytest

from client.http_client import ApiClient, ApiRequestError, ErrorDetail


@pytest.fixture
def asker(site):
    return ApiClient(site.url, lambda: "t0ken")


def test_returns_what_is_answered(site, asker):
    site.body = b'{"a":1}'

    assert asker.get("/state?x=1") == b'{"a":1}'
    assert site.asked.get(timeout=10) == ("GET", "/state?x=1", b"", "Bearer t0ken")


def test_sends_json(site, asker):
    asker.post("/control", {"command": "announce", "title": "Увага"})

    method, path, body, _ = site.asked.get(timeout=10)
    assert (method, path) == ("POST", "/control")
    assert body.decode() == '{"command":"announce","title":"Увага"}'


def test_sends_bytes_as_they_are(site, asker):
    asker.post("/api/publish", b"{no json")

    assert site.asked.get(timeout=10)[2] == b"{no json"


def test_has_something_ended(site, asker):
    asker.delete("/api/connections/c1")

    assert site.asked.get(timeout=10)[:2] == ("DELETE", "/api/connections/c1")


def test_tells_a_refusal_with_its_code_its_words_and_the_field(site, asker):
    site.status = 422
    site.body = b'{"error":{"code":"invalid","message":"At most 60","field":"speed"}}'

    with pytest.raises(ApiRequestError, match="HTTP 422") as told:
        asker.post("/control", {})

    why = told.value
    assert (why.status, why.detail) == (422, ErrorDetail("invalid", "At most 60", "speed"))


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b'{"error":5}'])
def test_takes_a_refusal_without_a_reason_for_what_it_is(site, asker, body):
    site.status, site.body = 502, body

    with pytest.raises(ApiRequestError) as told:
        asker.get("/")

    assert (told.value.status, told.value.detail) == (502, ErrorDetail())


def test_tells_that_nobody_answers(site, asker):
    site.server_close()

    with pytest.raises(ApiRequestError, match="cannot connect") as told:
        asker.get("/")

    assert told.value.status is None
