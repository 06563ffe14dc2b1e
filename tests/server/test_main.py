"""The server as a process: how it starts, what it says, what survives its end."""

import json
import resource
import signal
import sqlite3
import urllib.request
from socket import create_connection

import websocket

ORDER = {
    "id": "ord_1",
    "number": "ORD-1",
    "total": 1.00,
    "currency": "UAH",
    "status": "pending",
    "customer": {"id": "olena", "name": "Олена"},
    "items": [],
    "created_at": "2024-01-15T10:30:00Z",
}


def connect(server, token):
    socket = websocket.create_connection(
        f"ws://127.0.0.1:{server.port}/ws?token={token}", timeout=20
    )
    assert json.loads(socket.recv())["type"] == "auth_success"
    return socket


def ask(socket, type_, payload):
    socket.send(json.dumps({"type": type_, "payload": payload, "id": "1"}))
    return json.loads(socket.recv())


def post(server, token, path, what):
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.port}{path}",
        json.dumps(what).encode(),
        {"Authorization": f"Bearer {token}"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.status


def publish(server, token, what):
    return post(server, token("svc", "service", tenants="*"), "/api/publish", what)


def test_orders_conversations_and_revocations_are_there_again_after_a_kill(launch_server, token):
    server = launch_server()
    what = {"channel": "tenant:shop", "type": "new_order", "payload": {"order": ORDER}}
    assert publish(server, token, what) == 200
    before = connect(server, token("olena"))
    conversation = ask(before, "chat_message", {"content": "Hi"})["payload"]["conversation_id"]
    boss, revoked = token("boss", "admin"), token("taras")
    assert post(server, boss, "/api/users/taras/disconnect", {"revoke": True}) == 200

    server.stop(signal.SIGKILL)
    before.shutdown()
    again = launch_server(server.port)
    after = connect(again, token("olena"))
    refused = websocket.create_connection(
        f"ws://127.0.0.1:{again.port}/ws?token={revoked}", timeout=20
    )

    assert ask(after, "subscribe", {"channel": "order:ord_1"})["type"] == "subscribed"
    more = ask(after, "chat_message", {"conversation_id": conversation, "content": "Still here"})
    assert more["payload"]["conversation_id"] == conversation
    assert json.loads(refused.recv())["type"] == "auth_error"
    for socket in (after, refused):
        socket.shutdown()


def test_garbage_leaves_no_traceback_and_a_token_leaves_no_trace(launch_server, token):
    server = launch_server()
    good, bad = token("olena"), token("olena", key="another-secret-" + "y" * 32)
    socket = connect(server, good)
    for raw in ("x", "[]", "[" * 2000, '{"type": []}', '{"type":"auth","payload":{"token":7}}'):
        socket.send(raw)
        assert json.loads(socket.recv())["type"] == "error"
    assert ask(socket, "auth", {"token": bad})["type"] == "auth_error"
    socket.send_binary(b"\x00")
    socket.recv()
    socket.shutdown()
    for garbage in (b"\x16\x03\x01\x00\x00", b"GET /ws?token=%b HTTP/9\r\n\r\n" % good.encode()):
        with create_connection(("127.0.0.1", server.port), 20) as raw_socket:
            raw_socket.sendall(garbage + b"\r\n\r\n")
            raw_socket.recv(100)

    assert server.stop() == 0
    assert "Traceback" not in server.output
    for secret_part in good.split(".") + bad.split("."):
        assert secret_part not in server.output


def test_ctrl_c_ends_it_as_cleanly_as_sigterm_does(launch_server):
    server = launch_server()

    assert server.stop(signal.SIGINT) == 0
    assert "Traceback" not in server.output


def test_without_a_secret_it_says_how_to_make_one(launch):
    program = launch("server")

    assert program.process.wait(20) == 2
    program.stop()
    assert "WORKBENCH_JWT_SECRET is not set" in program.output
    assert "openssl rand" in program.output


def test_every_wrong_setting_is_named_at_once(launch):
    program = launch("server", WORKBENCH_PORT="many", WORKBENCH_OUTBOX_BYTES="0")

    assert program.process.wait(20) == 2
    program.stop()
    assert "WORKBENCH_PORT" in program.output
    assert "WORKBENCH_OUTBOX_BYTES" in program.output
    assert "Traceback" not in program.output


def test_a_port_that_is_taken_is_named(launch, shared_server, secret):
    program = launch(
        "server",
        WORKBENCH_PORT=str(shared_server.port),
        WORKBENCH_JWT_SECRET=secret,
        WORKBENCH_DATA_DIR="elsewhere",
    )

    assert program.process.wait(20) == 2
    program.stop()
    assert "WORKBENCH_PORT" in program.output
    assert "Traceback" not in program.output


def test_a_redis_that_fails_during_the_start_is_not_called_a_database(launch, start_redis, secret):
    redis = start_redis("--user", "half", "on", ">hunter2", "~*", "+ping", "+info")
    program = launch(
        "server",
        WORKBENCH_PORT="0",
        WORKBENCH_JWT_SECRET=secret,
        WORKBENCH_REDIS_URL=f"unix://half:hunter2@{redis.path}",
    )

    assert program.process.wait(20) == 2
    program.stop()
    assert "WORKBENCH_REDIS_URL" in program.output
    assert "WORKBENCH_DATA_DIR" not in program.output
    assert "hunter2" not in program.output


def test_the_env_file_is_read_and_the_environment_beats_it(launch, tmp_path, secret):
    (tmp_path / ".env").write_text(
        f"WORKBENCH_JWT_SECRET={secret}\nWORKBENCH_PORT=many\nWORKBENCH_DATA_DIR=from-env-file\n"
    )

    program = launch("server", WORKBENCH_PORT="0")
    program.wait_for("listening")

    assert (tmp_path / "from-env-file").is_dir()


def test_a_database_that_is_locked_costs_only_what_needs_it(launch_server, token, tmp_path):
    server = launch_server(WORKBENCH_BROKER_TIMEOUT_S="0.2")
    socket = connect(server, token("olena"))
    with sqlite3.connect(tmp_path / "data" / "workbench.sqlite3") as other:
        other.execute("BEGIN EXCLUSIVE")
        socket.send(json.dumps({"type": "chat_message", "payload": {"content": "x"}, "id": "1"}))
        assert json.loads(socket.recv())["payload"]["code"] == "internal"
        other.rollback()
    other.close()

    assert ask(socket, "chat_message", {"content": "x"})["type"] == "chat_message"
    socket.shutdown()


def test_a_limit_of_open_files_that_leaves_none_beside_the_connections_is_named(launch, secret):
    _, hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    connections = min(hard_limit, 2_000_000_000) if hard_limit > 0 else 2_000_000_000
    program = launch(
        "server",
        WORKBENCH_PORT="0",
        WORKBENCH_JWT_SECRET=secret,
        WORKBENCH_DATA_DIR="data",
        WORKBENCH_CONNECTIONS=str(connections),
    )

    program.wait_for(rf"only \d+ files may be open.*WORKBENCH_CONNECTIONS={connections}")
    program.wait_for("listening")


def test_who_vanishes_or_sends_nonsense_leaves_no_traceback(launch_server, token):
    server = launch_server()
    upgrade = (
        b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    post = (
        b"POST /api/publish HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
        b"Authorization: Bearer %b\r\n" % token("svc", "service", tenants="*").encode()
    )
    for request in (upgrade, post + b"\r\n{", post):
        for _ in range(10):
            with create_connection(("127.0.0.1", server.port), 20) as raw:
                raw.sendall(request)
    with create_connection(("127.0.0.1", server.port), 20) as raw:
        raw.sendall(post + b"Content-Encoding: gzip\r\n\r\n" + b"x" * 100)
        assert b" 400 " in raw.recv(100)
    socket = connect(server, token("olena"))
    socket.send('{"type": "zz", "id": "1", "x": 1e99999999999999999999}')
    assert json.loads(socket.recv())["payload"]["code"] == "invalid_message"
    socket.shutdown()

    assert server.stop() == 0
    assert "Traceback" not in server.output


def test_help_lists_the_settings(launch):
    program = launch("server", "--help")

    assert program.process.wait(20) == 0
    program.stop()
    assert "WORKBENCH_AUTH_TIMEOUT_S" in program.output
