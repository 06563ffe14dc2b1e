"""A token, or any secret text, goes into no log, no metric and no text of an error.

Canaries are sent to the three programs wherever a client can put something: in the request line,
each header, the body, the subprotocol, messages and close frames, well-formed and not.
"""

import contextlib
import json
import re
import socket

import pytest
import websocket

HEADERS = (
    "Authorization", "Cookie", "Host", "Origin", "Referer", "User-Agent", "X-Forwarded-For",
    "X-Request-Id", "Forwarded", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Upgrade", "Connection", "Transfer-Encoding",
    "Content-Length", "Content-Type", "Content-Encoding", "Accept", "Accept-Encoding", "Expect",
    "Idempotency-Key", "If-None-Match", "Range",
)  # fmt: skip
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}
TIMEOUT_S = 20


def exchange(port, sent):
    """Send a request and return what is answered, if anything is."""
    with socket.create_connection(("127.0.0.1", port), TIMEOUT_S) as raw:
        raw.sendall(sent)
        if b"\r\n\r\n" not in sent:
            raw.shutdown(socket.SHUT_WR)  # the server would wait for the rest
        answer = b""
        with contextlib.suppress(ConnectionError):
            while not is_whole(answer) and (more := raw.recv(1 << 16)):
                answer += more
        return answer.decode(errors="replace")


def is_whole(answer):
    """Tell whether an HTTP response has ended, or was the start of a WebSocket."""
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    length = re.search(rb"(?i)content-length: (\d+)", head)
    if length is None:
        return b" 101 " in head or body.endswith(b"0\r\n\r\n")
    return len(body) >= int(length[1])


def request(line, headers=(), body=b""):
    usual = {"Host": "127.0.0.1", "Connection": "close", "Content-Length": str(len(body))}
    fields = "".join(f"{name}: {value}\r\n" for name, value in (usual | dict(headers)).items())
    return f"{line} HTTP/1.1\r\n{fields}\r\n".encode() + body


def http_requests(canary, paths, bearer):
    """Yield requests with a canary in each place; ``bearer`` opens what needs a token."""
    authorized = {"Authorization": f"Bearer {bearer}"}
    bodies = (
        canary.encode(),
        f'{{"{canary}":'.encode(),
        json.dumps({canary: canary, "command": canary, "type": canary}).encode(),
        json.dumps({"channel": canary, "type": "notification", "payload": {}}).encode(),
        json.dumps({"user": "olena", "type": "notification", "payload": {canary: 1}}).encode(),
        b"\xff" + canary.encode(),
    )
    for path in paths:
        for name in HEADERS:
            yield request(f"GET {path}", {**authorized, name: canary})
            yield request(f"GET {path}", {**UPGRADE, name: canary})
            yield request(f"GET {path}", {name: f"Bearer {canary}"})
        for method in ("GET", "POST", "DELETE", "OPTIONS", canary.upper().replace("-", "")):
            yield request(f"{method} {path}?token={canary}&user_id={canary}", authorized)
            yield request(f"{method} {path}/{canary}/{canary}?channel={canary}", authorized)
        for body in bodies:
            yield request(f"POST {path}", authorized, body)
            yield request(f"POST {path}", {"Transfer-Encoding": "chunked"}, body)
    yield f"GET /ws?token={canary} {canary} HTTP/1.1\r\n\r\n".encode()
    yield f"GET /ws?token={canary} HTTP/9.9\r\n\r\n".encode()
    yield f"{canary}\r\n\r\n".encode()
    yield request("GET /ws", {f"{canary} x": canary, f"{canary}": "a\x00b"})
    yield request(f"GET /ws?token={canary}" + "x" * 9000)
    yield f"GET /ws HTTP/1.1\r\nHost: x\r\n{canary}".encode()


def texts(canary, token):
    """Yield frames with a canary, of requests and of nonsense."""
    for type, payload in [
        ("auth", {"token": canary}),
        ("auth", {"token": token}),
        ("auth", {"token": [canary]}),
        ("subscribe", {"channel": canary}),
        ("subscribe", {"channel": f"order:{canary}"}),
        ("subscribe", {"channel": "public:news", "recoverable": canary}),
        ("subscribe", {"channel": "public:news", "recoverable": True, "since": canary}),
        ("chat_message", {"content": canary}),
        ("chat_message", {"content": canary, "conversation_id": canary}),
        (canary, {canary: canary}),
    ]:
        yield json.dumps({"type": type, "payload": payload})
    yield canary
    yield f'{{"type": "{canary}'
    yield json.dumps({"type": "ping", "id": 5, "payload": canary})


def talk(url, canary, token):
    """Say all that on WebSockets; returns the errors that came back, and the close frames."""
    answers = []
    for headers in ([f"Sec-WebSocket-Protocol: {canary}"], []):
        connection = websocket.create_connection(url, TIMEOUT_S, header=headers)
        for text in texts(canary, token):
            connection.send(text)
            connection.ping(canary[:100])
        connection.send(json.dumps({"type": "ping", "id": "last"}))
        while (reply := json.loads(connection.recv())).get("id") != "last":
            if reply["type"] in ("error", "auth_error"):
                answers.append(json.dumps(reply))
        connection.send_binary(canary.encode())
        answers.append(str(connection.recv_data()[1]))
        connection.shutdown()
    connection = websocket.create_connection(url, TIMEOUT_S)
    connection.send_close(1000, canary.encode()[:100])
    answers.append(str(connection.recv_data_frame()[1].data))
    connection.shutdown()
    return answers


@pytest.fixture
def secrets(token):
    """A text, a token that is valid and one that is not: and what of them must not be found."""
    valid = token("canary-user", "admin")
    foreign = token("canary-user", "admin", key="another-key-" + "x" * 32)
    canaries = ["canary-5f3a9c01d2", valid, foreign]
    hidden = [canaries[0], canaries[0].upper().replace("-", "")]
    hidden += [part for each in canaries[1:] for part in each.split(".")[1:]]
    return canaries, hidden


def test_what_is_secret_is_in_no_log_no_metric_and_no_error(launch, secrets, token):
    canaries, hidden = secrets
    valid = canaries[1]
    server = launch.server(WORKBENCH_LOG_FORMAT="json")
    simulator = launch.simulator(server, WORKBENCH_CUSTOMERS="0")
    workbench = launch.workbench(server, simulator)
    answers = []

    url = f"ws://127.0.0.1:{server.port}/ws"
    for canary in canaries:
        answers += talk(url, canary, valid)
        answers += talk(f"{url}?token={valid}", canary, valid)
        for sent in http_requests(canary, ("/ws", "/api/publish", "/api/connections"), valid):
            answers.append(exchange(server.port, sent))
    for canary in canaries[:2]:
        for sent in http_requests(canary, ("/control",), valid):
            exchange(simulator.port, sent)  # only local programs can ask it
        for sent in http_requests(canary, ("/", "/_stcore/stream", "/metrics"), valid):
            exchange(workbench.port, sent)  # Streamlit's answers are its own
    answers.append(exchange(server.port, request("GET /metrics")))

    outputs = {}
    for program in (workbench, simulator, server):
        program.stop()
        outputs[program] = program.output
    assert any("shop_ws_refusals_total" in answer for answer in answers)
    # aiohttp names an unknown Expect to whoever sent it, before the server sees the request.
    answers = [answer for answer in answers if " 417 " not in answer[:20]]
    for secret in hidden:
        for output in outputs.values():
            assert secret not in output
        assert not [answer for answer in answers if secret in answer]
