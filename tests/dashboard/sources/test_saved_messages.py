"""The messages that people keep."""

import pytest

from dashboard.sources.saved_messages import FILE_NAME, SavedMessages, SavedMessagesFull
from dashboard.state.message_log import LoggedMessage


def message(seq):
    return LoggedMessage(seq, 1.5, "user:user_1", "cart_update", 1, '{"name": "Кобзар"}'.encode())


@pytest.fixture
def shelf(tmp_path, clock):
    return SavedMessages(tmp_path / "data", clock)


def test_begins_empty(shelf):
    assert shelf.messages() == ()


def test_are_there_at_the_next_start(shelf, tmp_path, clock):
    shelf.save(message(1))
    shelf.save(message(2))

    assert SavedMessages(tmp_path / "data", clock).messages() == (message(1), message(2))


def test_are_kept_once(shelf):
    shelf.save(message(1))
    shelf.save(message(1))

    assert shelf.messages() == (message(1),)


def test_are_dropped(shelf, tmp_path, clock):
    shelf.save(message(1))
    shelf.delete(message(1))
    shelf.delete(message(2))

    assert shelf.messages() == SavedMessages(tmp_path / "data", clock).messages() == ()


def test_are_lines_that_a_person_can_read(shelf, tmp_path):
    shelf.save(message(1))

    (line,) = (tmp_path / "data" / FILE_NAME).read_text().splitlines()
    assert '"message":{"name": "Кобзар"}' in line


@pytest.mark.parametrize(
    "text",
    [
        rb'{ "a" :1e5,"b":"\u0416\/","a":1500.00 }',
        b'{\r\n  "a": 1e5,\n  "b": "\\u0416 \xd0\x96"\n}',
    ],
)
def test_are_kept_to_the_byte(shelf, tmp_path, clock, text):
    received = LoggedMessage(1, 1.5, "user:user_1", "cart_update", 1, text)

    shelf.save(received)

    assert shelf.messages() == (received,)
    assert SavedMessages(tmp_path / "data", clock).messages() == (received,)


def test_have_a_limit(tmp_path, clock):
    shelf = SavedMessages(tmp_path / "data", clock, limit=2)
    shelf.save(message(1))
    shelf.save(message(2))

    with pytest.raises(SavedMessagesFull):
        shelf.save(message(3))
    assert shelf.messages() == (message(1), message(2))


def test_survive_a_line_that_is_none(shelf, tmp_path, clock, caplog):
    shelf.save(message(1))
    with (tmp_path / "data" / FILE_NAME).open("a") as file:
        file.write('{"saved_at": 1}\nnonsense\n')

    assert SavedMessages(tmp_path / "data", clock).messages() == (message(1),)
    assert caplog.text.count("skipped an invalid line") == 2


def test_that_cannot_be_written_change_nothing(tmp_path, clock):
    (tmp_path / "data").write_text("a file where the folder should be")
    shelf = SavedMessages(tmp_path / "data", clock)

    with pytest.raises(OSError, match="exists"):
        shelf.save(message(1))
    assert shelf.messages() == ()
