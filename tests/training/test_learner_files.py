import stat
import threading

import pytest

from training import progress
from training.learner_files import LearnerFiles, learner_key, normalised_name
from training.progress import Learner


@pytest.fixture
def files(tmp_path):
    return LearnerFiles(tmp_path)


def do_steps(folder, lesson):
    files = LearnerFiles(folder)
    for step in range(20):
        files.update(
            "Olena", lambda learner, step=step: progress.record_done(learner, lesson, step, 1.0, 1)
        )


@pytest.mark.parametrize("name", ["Олена П.", " олена  п. ", "ОЛЕНА П.", "Олена\u00a0П."])
def test_a_name_is_the_same_in_any_case_and_with_any_spaces(name):
    assert normalised_name(name) == "олена п."
    assert learner_key(name) == learner_key("Олена П.")


def test_an_unknown_learner_has_done_nothing_and_gets_no_file(files, tmp_path):
    assert files.read(" Olena  P. ") == Learner("Olena P.")
    assert list(tmp_path.rglob("*.json")) == []


def test_progress_is_kept_in_a_file_that_only_its_owner_reads_and_that_hides_the_name(
    files, tmp_path
):
    files.update("Olena", lambda learner: progress.record_done(learner, "hello", 0, 1.0, 1))

    (path,) = (tmp_path / "learners").glob("*.json")
    assert path.name == f"{learner_key('olena')}.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert LearnerFiles(tmp_path).read("OLENA").step("hello", 0).is_done


def test_another_tab_sees_what_one_has_written(files, tmp_path):
    other = LearnerFiles(tmp_path)
    assert not other.read("Olena").step("hello", 0).is_done
    for step in (0, 1):
        files.update(
            "Olena", lambda learner, step=step: progress.record_done(learner, "hello", step, 1.0, 1)
        )
        assert other.read("Olena").step("hello", step).is_done


def test_tabs_that_write_at_the_same_time_lose_no_step(tmp_path):
    threads = [
        threading.Thread(target=do_steps, args=(tmp_path, lesson)) for lesson in ("a", "b", "c")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    lessons = LearnerFiles(tmp_path).read("Olena").lessons
    assert {name: len(steps) for name, steps in lessons.items()} == {"a": 20, "b": 20, "c": 20}


@pytest.mark.parametrize("content", [b"", b"{", b'{"name": 7}', b"\xff", b" " * (1 << 21)])
def test_a_broken_file_is_kept_aside_and_reported(files, tmp_path, content, caplog):
    files.update("Olena", lambda learner: progress.record_done(learner, "hello", 0, 1.0, 1))
    (path,) = (tmp_path / "learners").glob("*.json")
    path.write_bytes(content)

    assert files.read("Olena") == Learner("Olena")
    assert [each.read_bytes() for each in files.broken_files()] == [content]
    assert path.name in caplog.text
    files.update("Olena", lambda learner: progress.record_done(learner, "hello", 1, 1.0, 1))
    assert files.read("Olena").step("hello", 1).is_done


def test_a_second_broken_file_does_not_replace_the_first(files, tmp_path):
    for content in (b"1", b"2"):
        files.update("Olena", lambda learner: progress.record_done(learner, "hello", 0, 1.0, 1))
        (path,) = (tmp_path / "learners").glob("*.json")
        path.write_bytes(content)
        files.read("Olena")

    assert {each.read_bytes() for each in files.broken_files()} == {b"1", b"2"}


def test_a_trainer_lists_all_learners_by_name(files):
    for name in ("Taras", "Olena"):
        files.update(name, lambda learner: progress.begin(learner, "hello", 0, 1.0))

    assert [learner.name for learner in files.all()] == ["Olena", "Taras"]


def test_without_a_folder_there_are_no_learners(files):
    assert files.all() == ()
    assert files.broken_files() == ()
