"""A raw connection to a real server."""

import pytest

from client.frame_recorder import FrameRecorder
from client.raw_connection import RawConnection
from client.recorded_frames import FrameKind
from client.tokens import mint
from protocol.opcodes import Opcode

WAIT_S = 20.0


@pytest.fixture
def wire(launch_server):
    wire = RawConnection(f"ws://127.0.0.1:{launch_server().port}/ws", FrameRecorder())
    yield wire
    wire.close()


def test_records_the_upgrade_the_sign_in_and_every_frame(wire, secret):
    wire.open(mint(secret, user_id="olena", tenant_id="shop", role="customer"))
    wire.send(b'{"type":"ping","id":"r1"}')
    wire.recorder.wait_for(lambda frame: frame.type == "pong", WAIT_S)
    wire.close()

    told = [(frame.is_sent, frame.label) for frame in wire.recorder.frames()]
    assert told[:2] == [(True, "connect"), (False, "open")]
    assert set(told[2:-1]) == {(False, "auth_success"), (True, "ping"), (False, "pong")}
    assert told[-1] == (True, "close 1000")
    assert not wire.is_open


def test_tells_the_close_code_and_opens_again(wire):
    wire.open(None)
    wire.send(b"\x00", Opcode.BINARY)

    ended = wire.recorder.wait_for(lambda frame: frame.kind is FrameKind.CLOSE, WAIT_S)

    assert (ended.code, ended.is_sent) == (1003, False)
    wire.close()
    wire.open(None)
    wire.send(b'{"type":"ping","id":"r2"}')
    assert wire.recorder.wait_for(lambda frame: frame.id == "r2" and not frame.is_sent, WAIT_S)


def test_asks_for_one_connection_at_a_time(wire):
    wire.open(None)
    wire.open(None)
    wire.recorder.wait_for(lambda frame: frame.kind is FrameKind.OPEN, WAIT_S)

    assert [frame.kind for frame in wire.recorder.frames()] == [FrameKind.CONNECT, FrameKind.OPEN]


def test_tells_that_nobody_answers():
    wire = RawConnection("ws://127.0.0.1:9/ws", FrameRecorder())
    wire.open(None)

    ended = wire.recorder.wait_for(lambda frame: frame.kind is FrameKind.CLOSE, WAIT_S)

    assert (ended.code, ended.text) == (1006, "Connection refused")
    wire.close()


def test_tells_an_http_answer(launch_server):
    server = launch_server(WORKBENCH_CONNECTIONS="1")
    address = f"ws://127.0.0.1:{server.port}/ws"
    first, second = RawConnection(address, FrameRecorder()), RawConnection(address, FrameRecorder())
    first.open(None)
    first.recorder.wait_for(lambda frame: frame.kind is FrameKind.OPEN, WAIT_S)
    second.open(None)

    assert (
        second.recorder.wait_for(
            lambda frame: frame.kind is FrameKind.HANDSHAKE_REJECTED, WAIT_S
        ).code
        == 503
    )
    first.close()
    second.close()
