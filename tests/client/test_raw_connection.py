"""A raw connection to a real server."""

import pytest

from client.frame_recorder import FrameRecorder
from client.raw_connection import RawConnection
from client.recorded_frames import FrameKind
from client.tokens import mint
from protocol.opcodes import Opcode

WAIT_S = 20.0


@pytest.fixture
def connection(launch_server):
    connection = RawConnection(f"ws://127.0.0.1:{launch_server().port}/ws", FrameRecorder())
    yield connection
    connection.close()


def test_records_the_upgrade_the_sign_in_and_every_frame(connection, secret):
    connection.open(mint(secret, user_id="olena", tenant_id="shop", role="customer"))
    connection.send(b'{"type":"ping","id":"r1"}')
    connection.recorder.wait_for(lambda frame: frame.type == "pong", WAIT_S)
    connection.close()

    frames = [(frame.is_sent, frame.label) for frame in connection.recorder.frames()]
    assert frames[:2] == [(True, "connect"), (False, "open")]
    assert set(frames[2:-1]) == {(False, "auth_success"), (True, "ping"), (False, "pong")}
    assert frames[-1] == (True, "close 1000")
    assert not connection.is_open


def test_records_the_close_code_and_opens_again(connection):
    connection.open(None)
    connection.send(b"\x00", Opcode.BINARY)

    close = connection.recorder.wait_for(lambda frame: frame.kind is FrameKind.CLOSE, WAIT_S)

    assert (close.code, close.is_sent) == (1003, False)
    connection.close()
    connection.open(None)
    connection.send(b'{"type":"ping","id":"r2"}')
    assert connection.recorder.wait_for(
        lambda frame: frame.id == "r2" and not frame.is_sent, WAIT_S
    )


def test_an_aborted_connection_ends_without_a_close_frame_and_can_be_opened_again(connection):
    connection.open(None)
    connection.recorder.wait_for(lambda frame: frame.kind is FrameKind.OPEN, WAIT_S)
    connection.abort()

    close = connection.recorder.wait_for(lambda frame: frame.kind is FrameKind.CLOSE, WAIT_S)

    assert (close.code, close.text, close.is_sent) == (1006, "", False)
    connection.close()
    connection.open(None)
    connection.send(b'{"type":"ping","id":"r2"}')
    assert connection.recorder.wait_for(lambda frame: frame.type == "pong", WAIT_S)


def test_opens_one_connection_at_a_time(connection):
    connection.open(None)
    connection.open(None)
    connection.recorder.wait_for(lambda frame: frame.kind is FrameKind.OPEN, WAIT_S)

    assert [frame.kind for frame in connection.recorder.frames()] == [
        FrameKind.CONNECT,
        FrameKind.OPEN,
    ]


def test_records_that_the_server_is_unreachable():
    connection = RawConnection("ws://127.0.0.1:9/ws", FrameRecorder())
    connection.open(None)

    close = connection.recorder.wait_for(lambda frame: frame.kind is FrameKind.CLOSE, WAIT_S)

    assert (close.code, close.text) == (1006, "Connection refused")
    connection.close()


def test_records_a_rejected_handshake(launch_server):
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
