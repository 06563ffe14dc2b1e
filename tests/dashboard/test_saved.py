"""The messages that people keep."""

import pytest

from dashboard.history import Seen
from dashboard.saved import FILE, Full, Shelf


def message(seq):
    return Seen(seq, 1.5, "user:user_1", "cart_update", 1, '{"name": "Кобзар"}'.encode())


@pytest.fixture
def shelf(tmp_path, clock):
    return Shelf(tmp_path / "data", clock)


def test_begins_empty(shelf):
    assert shelf.messages() == ()


def test_are_there_at_the_next_start(shelf, tmp_path, clock):
    shelf.keep(message(1))
    shelf.keep(message(2))

    assert Shelf(tmp_path / "data", clock).messages() == (message(1), message(2))


def test_are_kept_once(shelf):
    shelf.keep(message(1))
    shelf.keep(message(1))

    assert shelf.messages() == (message(1),)


def test_are_dropped(shelf, tmp_path, clock):
    shelf.keep(message(1))
    shelf.drop(message(1))
    shelf.drop(message(2))

    assert shelf.messages() == Shelf(tmp_path / "data", clock).messages() == ()


def test_are_lines_that_a_person_can_read(shelf, tmp_path):
    shelf.keep(message(1))

    (line,) = (tmp_path / "data" / FILE).read_text().splitlines()
    assert '"message":{"name": "Кобзар"}' in line


def test_have_a_limit(tmp_path, clock):
    shelf = Shelf(tmp_path / "data", clock, most=2)
    shelf.keep(message(1))
    shelf.keep(message(2))

    with pytest.raises(Full):
        shelf.keep(message(3))
    assert shelf.messages() == (message(1), message(2))


def test_survive_a_line_that_is_none(shelf, tmp_path, clock, caplog):
    shelf.keep(message(1))
    with (tmp_path / "data" / FILE).open("a") as file:
        file.write('{"saved_at": 1}\nnonsense\n')

    assert Shelf(tmp_path / "data", clock).messages() == (message(1),)
    assert caplog.text.count("skipped an invalid line") == 2


def test_that_cannot_be_written_change_nothing(tmp_path, clock):
    (tmp_path / "data").write_text("a file where the folder should be")
    shelf = Shelf(tmp_path / "data", clock)

    with pytest.raises(OSError, match="exists"):
        shelf.keep(message(1))
    assert shelf.messages() == ()
