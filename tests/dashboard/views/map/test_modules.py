"""The map's modules without a browser: places, rates, budget, replay, and what the map knows."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent


@pytest.mark.external
def test_the_modules_do_what_their_own_tests_say():
    node = shutil.which("node")
    if node is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no node: apt install nodejs")

    done = subprocess.run(
        [node, "--test", *map(str, sorted(FOLDER.glob("*.test.mjs")))],
        capture_output=True,
        text=True,
        timeout=100,
    )

    assert done.returncode == 0, done.stdout
