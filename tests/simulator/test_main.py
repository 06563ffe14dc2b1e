"""``python -m simulator`` as a process: dry runs, and runs without a server."""

import asyncio
import os
import re
import signal
import sys

import aiohttp
import msgspec
import pytest

from client.tokens import mint
from protocol import codec
from protocol.publications import PublishRequest

SECRET = "for the tests only: 0123456789abcdef"
UNREACHABLE = "http://127.0.0.1:1"  # a port on which nothing listens


@pytest.fixture
async def start(process_group, tmp_path):
    """Start the simulator without settings of the environment; kill it at the end of the test."""
    started = []

    async def start_(*arguments, **variables):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("WORKBENCH_")}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "simulator",
            *arguments,
            cwd=tmp_path,
            env={**clean, **variables},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            process_group=process_group.id,
        )
        started.append(process)
        return process

    yield start_
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.fixture
def start_without_server(start):
    """Start the simulator without a server, on any port."""

    async def start_():
        return await start(
            WORKBENCH_JWT_SECRET=SECRET,
            WORKBENCH_SIMULATOR_PORT="0",
            WORKBENCH_SERVER_URL=UNREACHABLE,
        )

    return start_


async def test_a_dry_run_prints_publications_and_nothing_else(start):
    process = await start("--dry-run", "--seed", "7", "--for", "30s")
    out, err = await process.communicate()

    assert (process.returncode, err) == (0, b"")
    publications = [msgspec.json.decode(line, type=PublishRequest) for line in out.splitlines()]
    assert len(publications) > 100
    for publication in publications:
        publication.address()
        codec.validate_event(publication.type, publication.payload)


async def test_a_dry_run_takes_its_seed_from_the_settings_or_the_command_line(start):
    async def first(*arguments, **variables):
        process = await start("--dry-run", "--for", "5", *arguments, **variables)
        out, _ = await process.communicate()
        return re.sub(rb"T[\d:.]+Z", b"", out)

    seven, again, eight = await asyncio.gather(
        first("--seed", "7"), first(WORKBENCH_SEED="7"), first("--seed", "8", WORKBENCH_SEED="7")
    )

    assert seven == again != eight


async def test_a_dry_run_can_start_with_a_scenario(start):
    process = await start("--dry-run", "--scenario", "flash-sale", "--for", "5s")
    out, _ = await process.communicate()

    assert "Сценарій почався: Блискавичний розпродаж" in out.decode()


async def test_a_dry_run_can_print_a_summary(start):
    process = await start("--dry-run", "--summary", "--for", "1m")
    out, err = await process.communicate()

    assert (process.returncode, err) == (0, b"")
    assert out.startswith(b"| | |\n|---|---:|\n| messages | ")


async def test_an_option_lists_the_scenarios(start):
    process = await start("--list-scenarios")
    out, _ = await process.communicate()

    assert len(out.splitlines()) == 8
    assert b"flash-sale        120 s  Six products cost a quarter less" in out


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((), b"WORKBENCH_JWT_SECRET is not set"),
        (("--dry-run", "--seed", "x"), b"WORKBENCH_SEED is not valid"),
        (("--summary",), b"--summary requires --dry-run"),
        (
            ("--dry-run", "--scenario", "doom"),
            b"unknown scenario 'doom'; the scenarios are calm-day, flash-sale",
        ),
        (("--speed", "61"), b"invalid speed value: '61'"),
        (("--dry-run", "--for", "soon"), b"invalid duration value: 'soon'"),
    ],
)
async def test_an_error_is_reported_with_exit_code_2(start, arguments, error):
    process = await start(*arguments)
    out, err = await process.communicate()

    assert (process.returncode, out) == (2, b"")
    assert error in err
    assert b"Traceback" not in err


async def test_the_simulator_runs_without_a_server_until_it_is_stopped(start_without_server):
    """It waits two seconds for a server before it ends; both programs wait at once."""
    signals = (signal.SIGTERM, signal.SIGINT)
    await asyncio.gather(
        *[_run_until_stopped(await start_without_server(), stop) for stop in signals]
    )


async def _run_until_stopped(process, stop_signal):
    line = (await process.stdout.readline()).decode()
    found = re.fullmatch(
        rf"simulator: control API on (http://127\.0\.0\.1:\d+), publishing to {UNREACHABLE}\n", line
    )
    state = await _state_with_publications(found[1])
    process.send_signal(stop_signal)
    rest, err = await process.communicate()

    assert state["publisher"]["accepted"] == 0
    assert state["publisher"]["waiting"] > 0
    assert [customer["signed_in"] for customer in state["customers"]] == [False] * 25
    assert (process.returncode, err) == (0, b"")
    assert b"Publish failed" in rest
    assert b"Traceback" not in rest
    assert SECRET.encode() not in rest


async def _state_with_publications(url):
    """Poll the state until the shop has published something."""
    token = mint(SECRET, user_id="admin_1", tenant_id="shop", role="admin")
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(headers=headers) as http:
        while True:
            async with http.get(f"{url}/state") as answer:
                state = await answer.json()
            if state["publications"] and state["publisher"]["retries"]:
                return state


async def test_a_port_in_use_is_reported(start_without_server, start):
    first = await start_without_server()
    port = re.search(rb"127\.0\.0\.1:(\d+)", await first.stdout.readline())[1].decode()
    second = await start(
        WORKBENCH_JWT_SECRET=SECRET, WORKBENCH_SIMULATOR_PORT=port, WORKBENCH_SERVER_URL=UNREACHABLE
    )
    _, err = await second.communicate()

    assert second.returncode == 2
    assert b"cannot listen; try another WORKBENCH_SIMULATOR_PORT" in err
