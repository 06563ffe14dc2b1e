"""Fixtures that tests of several packages use: a clock, an HTTP server and recorded frames."""

from __future__ import annotations

import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from client.frame_recorder import FrameRecorder

NOON = 1_700_000_000.0  # a multiple of 5 s


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Site(ThreadingHTTPServer):
    """An HTTP server on a free port of the loopback; answers as set and records the requests.

    With ``breaks_off`` the body of a response ends before its end.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _RecordingHandler)
        self.status, self.body, self.breaks_off = 200, b"", False
        self.asked: queue.Queue[tuple[str, str, bytes, str]] = queue.Queue()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class _RecordingHandler(BaseHTTPRequestHandler):
    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.put((self.command, self.path, body, self.headers["Authorization"]))
        self.send_response(self.server.status)
        if self.server.breaks_off:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"ffff\r\n" + self.server.body)
            return
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    do_GET = do_POST = do_DELETE = answer

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def site():
    """An HTTP server that stands in for the server's or the simulator's."""
    server = Site()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


class Conversation:
    """Records frames at moments that a test chooses."""

    def __init__(self):
        self.now = NOON
        self.record = FrameRecorder(clock=lambda: self.now)

    def after(self, seconds):
        self.now += seconds
        return self.record

    @property
    def frames(self):
        return self.record.frames()


@pytest.fixture
def conversation():
    return Conversation()
