"""An interrupted run leaves nothing behind: no process, no folder."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.external
ROOT = Path(__file__).parents[1]
TESTS = """
import subprocess, sys
from tests.process_group import ProcessGroup
group = ProcessGroup()
group.make_folder()
stops = ["/bin/sh", "-c", "trap '' INT TERM; kill -s STOP $$"]
subprocess.Popen(stops, process_group=group.id)
print(group.folder, flush=True)
sys.stdin.read()
group.close()
"""


@pytest.fixture
def tests():
    """Tests that have started a program which ignores what may be ignored, and has stopped."""
    with subprocess.Popen(
        [sys.executable, "-c", TESTS],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_tests_that_are_killed_take_their_programs_and_folders_along(tests, ending):
    folder = tests.stdout.readline().strip()

    tests.send_signal(ending)

    assert tests.stdout.read() == ""  # it ends when all who could write to it have ended
    assert not Path(folder).exists()


def test_tests_that_end_take_along_what_still_runs(tests):
    folder = tests.stdout.readline().strip()

    tests.stdin.close()

    assert tests.stdout.read() == ""
    assert not Path(folder).exists()
