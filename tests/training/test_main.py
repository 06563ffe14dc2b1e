"""``python -m training check``, with the example of docs/training.md."""

import re
from pathlib import Path

import pytest

from training.__main__ import main

ROOT = Path(__file__).parents[2]
EXAMPLE = re.search(
    r"^```toml\n(.*?)^```", (ROOT / "docs/training.md").read_text(), re.MULTILINE | re.DOTALL
)[1]


@pytest.fixture
def example(tmp_path):
    """Write a lesson to a file."""

    def write(text):
        path = tmp_path / "first-update.toml"
        path.write_text(text)
        return str(path)

    return write


@pytest.mark.external  # it starts a server and a simulator
def test_the_example_is_checked_with_programs_of_its_own(example, capsys):
    code = main(["check", example(EXAMPLE)])

    output = capsys.readouterr()
    assert output.err == ""
    assert code == 0
    assert output.out.startswith("Lessons: 1, steps: 1, nothing wrong")


@pytest.mark.xdist_group("training")
def test_running_programs_are_used_if_their_urls_are_given(
    example, environment, capsys, monkeypatch
):
    monkeypatch.setenv("WORKBENCH_JWT_SECRET", environment.jwt_secret)
    without_answer = EXAMPLE.replace('  { kind = "choose", choice = "owner" },\n', "")
    urls = ["--server", environment.server_url, "--simulator", environment.simulator_url]

    code = main(["check", *urls, "--timeout", "0.5", example(without_answer)])

    assert code == 1
    problem = "first-update, step 1: its solution does not do it: the question is not answered"
    assert capsys.readouterr().err.splitlines() == [problem]


def test_a_file_with_a_mistake_is_refused_with_its_line(example, capsys):
    assert main(["check", example("minutes = 1\nname = 2\n")]) == 1
    assert capsys.readouterr().err.startswith("first-update.toml, line 2: Expected `str`")


def test_the_urls_belong_together(capsys):
    with pytest.raises(SystemExit):
        main(["check", "--server", "http://127.0.0.1:8080"])

    assert "belong together" in capsys.readouterr().err
