"""What the Console's tests share: a conversation written down by hand."""

import pytest

from client.frame_recorder import FrameRecorder

NOON = 1_700_000_000.0


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
