"""Which publish requests are plain, and what is read from them."""

import pytest

from server.http.plain_requests import PlainRequest, ResponseEncoder, read_plain_request

START = b"POST /api/publish HTTP/1.1\r\n"
BODY = b'{"a": "\r\n\r\n"}'


def encode(*headers, start=START, body=BODY, length=None):
    lines = [b"Host: x", b"Content-Length: %d" % (len(body) if length is None else length)]
    return start + b"\r\n".join([*lines, *headers]) + b"\r\n\r\n" + body


def test_a_plain_request_has_its_token_its_key_and_its_body():
    data = encode(b"authorization:Bearer t ", b"IDEMPOTENCY-KEY: \tk 1\t", b"Accept: */*")

    assert read_plain_request(data) == PlainRequest("Bearer t", "k 1", BODY)


def test_both_headers_may_be_missing():
    assert read_plain_request(encode()) == PlainRequest("", None, BODY)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        START,
        encode()[:-1],
        encode() + encode(),
        encode(length=10**4000),
        START + b"Host: x\r\n\r\n",
        START + b"Content-Length: +2\r\n\r\n{}",
        encode(start=b"GET /api/publish HTTP/1.1\r\n"),
        encode(start=b"POST /api/publish?a=1 HTTP/1.1\r\n"),
        encode(start=b"POST /api/nodes HTTP/1.1\r\n"),
        encode(start=b"POST /api/publish HTTP/1.0\r\n"),
        encode(b"Transfer-Encoding: chunked"),
        encode(b"content-encoding: gzip"),
        encode(b"Connection: close"),
        encode(b"Expect: 100-continue"),
        encode(b"Upgrade: websocket"),
        encode(b"Content-Length: 13"),
        encode(b"Authorization: Bearer a", b"Authorization: Bearer b"),
        encode(b"Host: y"),
        encode(b" folded: 1"),
        encode(b"Spaced : 1"),
        encode(b"No colon"),
        encode(b": no name"),
        encode(b"X: a\rb"),
        encode(b"X: a\nTransfer-Encoding: chunked"),
        encode(b"X: a\0"),
        encode("X: é".encode()),
        encode(b"X: " + b"a" * 8190),
    ],
)
def test_anything_else_is_not_plain(data):
    assert read_plain_request(data) is None


def test_a_response_has_the_time_of_the_clock():
    now = 1_790_000_000.9
    encoder = ResponseEncoder(lambda: now, "me")
    headers = [("Content-Type", "application/json"), ("Retry-After", "1")]

    first = encoder.encode(503, "Service Unavailable", headers, b"{}")
    now += 1

    assert first == (
        b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\n"
        b"Content-Length: 2\r\nDate: Mon, 21 Sep 2026 14:13:20 GMT\r\nServer: me\r\n\r\n{}"
    )
    assert b"14:13:21" in encoder.encode(200, "OK", [], b"")
