"""Saved messages."""

import stat

import pytest

from dashboard.sources.saved_messages import FILE_NAME, SavedMessages, SavedMessagesFull
from dashboard.state.message_log import LoggedMessage


def message(seq):
    return LoggedMessage(seq, 1.5, "user:user_1", "cart_update", 1, '{"name": "Кобзар"}'.encode())


@pytest.fixture
def saved_messages(tmp_path, clock):
    return SavedMessages(tmp_path / "data", clock)


def test_are_empty_at_first(saved_messages):
    assert saved_messages.messages() == ()


def test_are_there_at_the_next_start(saved_messages, tmp_path, clock):
    saved_messages.save(message(1))
    saved_messages.save(message(2))

    assert SavedMessages(tmp_path / "data", clock).messages() == (message(1), message(2))


def test_are_saved_once(saved_messages):
    saved_messages.save(message(1))
    saved_messages.save(message(1))

    assert saved_messages.messages() == (message(1),)


def test_can_be_deleted(saved_messages, tmp_path, clock):
    saved_messages.save(message(1))
    saved_messages.delete(message(1))
    saved_messages.delete(message(2))

    assert saved_messages.messages() == SavedMessages(tmp_path / "data", clock).messages() == ()


def test_are_readable_lines(saved_messages, tmp_path):
    saved_messages.save(message(1))

    (line,) = (tmp_path / "data" / FILE_NAME).read_text().splitlines()
    assert '"message":{"name": "Кобзар"}' in line


@pytest.mark.parametrize(
    "text",
    [
        rb'{ "a" :1e5,"b":"\u0416\/","a":1500.00 }',
        b'{\r\n  "a": 1e5,\n  "b": "\\u0416 \xd0\x96"\n}',
    ],
)
def test_are_saved_to_the_byte(saved_messages, tmp_path, clock, text):
    received = LoggedMessage(1, 1.5, "user:user_1", "cart_update", 1, text)

    saved_messages.save(received)

    assert saved_messages.messages() == (received,)
    assert SavedMessages(tmp_path / "data", clock).messages() == (received,)


def test_have_a_limit(tmp_path, clock):
    saved_messages = SavedMessages(tmp_path / "data", clock, limit=2)
    saved_messages.save(message(1))
    saved_messages.save(message(2))

    with pytest.raises(SavedMessagesFull):
        saved_messages.save(message(3))
    assert saved_messages.messages() == (message(1), message(2))


def test_survive_an_invalid_line(saved_messages, tmp_path, clock, caplog):
    saved_messages.save(message(1))
    with (tmp_path / "data" / FILE_NAME).open("a") as file:
        file.write('{"saved_at": 1}\nnonsense\n')

    assert SavedMessages(tmp_path / "data", clock).messages() == (message(1),)
    assert caplog.text.count("skipped an invalid line") == 2


def test_an_invalid_line_is_kept_aside_when_the_file_is_replaced(tmp_path, clock):
    for content in (b"nonsense\n", b"more nonsense\n"):
        (tmp_path / FILE_NAME).write_bytes(content)
        saved_messages = SavedMessages(tmp_path, clock)
        saved_messages.save(message(1))
        saved_messages.save(message(2))

    assert SavedMessages(tmp_path, clock).messages() == (message(1), message(2))
    kept = sorted(path.read_bytes() for path in tmp_path.glob("*.broken*"))
    assert kept == [b"more nonsense\n", b"nonsense\n"]


def test_a_file_that_cannot_be_read_is_kept_aside_when_it_is_replaced(tmp_path, clock):
    (tmp_path / FILE_NAME).mkdir()  # as root may read any file
    saved_messages = SavedMessages(tmp_path, clock)

    saved_messages.save(message(1))

    assert SavedMessages(tmp_path, clock).messages() == (message(1),)
    assert (tmp_path / "saved-messages.broken").is_dir()


def test_that_cannot_be_written_change_nothing(tmp_path, clock):
    (tmp_path / "data").write_text("a file where the folder should be")
    saved_messages = SavedMessages(tmp_path / "data", clock)

    with pytest.raises(OSError, match="exists"):
        saved_messages.save(message(1))
    assert saved_messages.messages() == ()


def test_can_be_read_by_the_owner_only(saved_messages, tmp_path):
    saved_messages.save(message(1))

    assert stat.S_IMODE((tmp_path / "data" / FILE_NAME).stat().st_mode) == 0o600
