"""A raw connection to a real server."""

import pytest

from client.tokens import mint
from dashboard.console.frames import Kind, Opcode
from dashboard.console.record import Record
from dashboard.console.wire import Wire

WAIT_S = 20.0


@pytest.fixture
def wire(shared_server):
    wire = Wire(f"ws://127.0.0.1:{shared_server.port}/ws", Record())
    yield wire
    wire.close()


def test_records_the_upgrade_the_sign_in_and_every_frame(wire, secret):
    wire.open(mint(secret, user_id="olena", tenant_id="shop", role="customer"))
    wire.send(b'{"type":"ping","id":"r1"}')
    wire.record.wait_for(lambda frame: frame.type == "pong", WAIT_S)
    wire.close()

    told = [(frame.sent, frame.label) for frame in wire.record.frames()]
    assert told[:2] == [(True, "connect"), (False, "open")]
    assert set(told[2:-1]) == {(False, "auth_success"), (True, "ping"), (False, "pong")}
    assert told[-1] == (True, "close 1000")
    assert not wire.is_open


def test_tells_the_close_code_and_opens_again(wire):
    wire.open(None)
    wire.send(b"\x00", Opcode.BINARY)

    ended = wire.record.wait_for(lambda frame: frame.kind is Kind.CLOSE, WAIT_S)

    assert (ended.code, ended.sent) == (1003, False)
    wire.close()
    wire.open(None)
    wire.send(b'{"type":"ping","id":"r2"}')
    assert wire.record.wait_for(lambda frame: frame.id == "r2" and not frame.sent, WAIT_S)


def test_asks_for_one_connection_at_a_time(wire):
    wire.open(None)
    wire.open(None)
    wire.record.wait_for(lambda frame: frame.kind is Kind.OPEN, WAIT_S)

    assert [frame.kind for frame in wire.record.frames()] == [Kind.CONNECT, Kind.OPEN]


def test_tells_that_nobody_answers():
    wire = Wire("ws://127.0.0.1:9/ws", Record())
    wire.open(None)

    ended = wire.record.wait_for(lambda frame: frame.kind is Kind.CLOSE, WAIT_S)

    assert (ended.code, ended.text) == (1006, "Connection refused")
    wire.close()


def test_tells_an_http_answer(launch_server):
    server = launch_server(WORKBENCH_CONNECTIONS="1")
    address = f"ws://127.0.0.1:{server.port}/ws"
    first, second = Wire(address, Record()), Wire(address, Record())
    first.open(None)
    first.record.wait_for(lambda frame: frame.kind is Kind.OPEN, WAIT_S)
    second.open(None)

    assert second.record.wait_for(lambda frame: frame.kind is Kind.REFUSED, WAIT_S).code == 503
    first.close()
    second.close()
