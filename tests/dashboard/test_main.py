"""`python -m dashboard` as a process."""

import signal
import socket
import sys
import urllib.error
import urllib.request
from importlib.machinery import PathFinder
from pathlib import Path

import pytest

import dashboard

UNUSED_URL = "http://127.0.0.1:1"  # the port of tcpmux: nothing listens there


@pytest.fixture
def workbench(launch, secret):
    program = launch(
        "dashboard",
        WORKBENCH_JWT_SECRET=secret,
        WORKBENCH_DASHBOARD_PORT="0",
        WORKBENCH_SERVER_URL=UNUSED_URL,
        WORKBENCH_SIMULATOR_URL=UNUSED_URL,
    )
    program.url = program.wait_for(r"^dashboard: (http://127\.0\.0\.1:\d+)/\?token=\S+$")[1]
    return program


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_serves_at_the_printed_url_and_shuts_down_cleanly(workbench, stop):
    with urllib.request.urlopen(f"{workbench.url}/_stcore/health", timeout=10) as answer:
        assert answer.read() == b"ok"

    assert workbench.stop(stop) == 0
    assert "Traceback" not in workbench.output
    assert workbench.output.count("http://127.0.0.1:") == 1 + workbench.output.count(UNUSED_URL)


def test_opens_an_address_whose_token_signs_in_once(launch, secret):
    program = launch(
        "dashboard",
        "--open",
        WORKBENCH_JWT_SECRET=secret,
        WORKBENCH_DASHBOARD_PORT="0",
        WORKBENCH_SERVER_URL=UNUSED_URL,
        WORKBENCH_SIMULATOR_URL=UNUSED_URL,
        DISPLAY=":0",
        BROWSER="echo opened %s",
    )
    opened = program.wait_for(r"^opened (\S+)$")[1]
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())

    with browser.open(opened, timeout=60) as answer:
        assert answer.status == 200
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(opened, timeout=60)
    assert opened not in program.wait_for(r"^dashboard: (\S+)$")[1]


def test_names_every_problem_with_the_settings(launch):
    program = launch("dashboard", WORKBENCH_JWT_SECRET="short", WORKBENCH_TENANT="my shop")

    program.wait_for("WORKBENCH_TENANT")

    assert program.process.wait(20) == 2
    assert "WORKBENCH_JWT_SECRET is shorter" in program.output
    assert "Traceback" not in program.output


def test_help_lists_the_settings(launch):
    program = launch("dashboard", "--help")

    program.wait_for("WORKBENCH_SIMULATOR_URL")

    assert program.process.wait(20) == 0


def test_an_unknown_argument_is_named_and_nothing_is_started(launch):
    program = launch("dashboard", "--opne")

    assert program.process.wait(20) == 2
    program.stop()
    assert "unrecognized arguments: --opne" in program.output


def test_has_no_module_that_hides_an_installed_one():
    # Streamlit puts the entry point's folder first on the path: `import client` would find
    # a dashboard/client.py.
    folder = Path(dashboard.__file__).parent
    own = {path.stem for path in folder.iterdir() if path.suffix == ".py" or path.is_dir()}
    elsewhere = [entry for entry in sys.path if Path(entry or ".").resolve() != folder]

    hidden = {
        name
        for name in own - {"__init__", "__main__", "__pycache__"}
        if name in sys.builtin_module_names or PathFinder.find_spec(name, elsewhere)
    }

    assert hidden == set()


def test_a_port_in_use_is_reported_with_the_setting_to_change(launch, secret):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        program = launch("dashboard", WORKBENCH_JWT_SECRET=secret, WORKBENCH_DASHBOARD_PORT=port)

        program.wait_for(f"port {port} is in use; set WORKBENCH_DASHBOARD_PORT to another")

        assert program.process.wait(20) == 2
