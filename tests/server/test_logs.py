"""Log lines for people, and for machines."""

import json
import logging
import urllib.request

import pytest
import websocket

from server.logs import JsonFormatter


def formatted(message, *args, exc_info=None, **extra):
    record = logging.LogRecord("server.x", logging.WARNING, "", 0, message, args, exc_info)
    vars(record).update(extra)
    return JsonFormatter().format(record)


def test_a_record_is_one_object():
    line = json.loads(formatted("evicted %s: %d bytes", "c_1", 7))

    assert line.pop("timestamp").endswith("Z")
    assert line == {"level": "warning", "logger": "server.x", "message": "evicted c_1: 7 bytes"}


def test_extra_values_are_there_by_name():
    line = json.loads(formatted("x", connection="c_1", bytes=7, thing={1}))

    assert (line["connection"], line["bytes"], line["thing"]) == ("c_1", 7, "{1}")


def test_an_exception_has_its_traceback_and_is_one_line():
    try:
        raise ValueError("two\nlines")
    except ValueError as why:
        line = formatted("failed", exc_info=(type(why), why, why.__traceback__))

    assert "\n" not in line
    assert "ValueError: two\nlines" in json.loads(line)["exception"]


@pytest.mark.parametrize("odd", ["\ud800", 'say "hi"\n', "Олена"])
def test_any_text_is_logged_unchanged(odd):
    assert json.loads(formatted("%s", odd))["message"] == odd


def test_a_program_writes_json_lines_if_configured_and_no_token(launch_server, token):
    server = launch_server(WORKBENCH_LOG_FORMAT="json")
    boss = token("boss", "admin")
    url = f"127.0.0.1:{server.port}"
    socket = websocket.create_connection(f"ws://{url}/ws?token={boss}", timeout=20)
    assert json.loads(socket.recv())["type"] == "auth_success"
    request = urllib.request.Request(
        f"http://{url}/api/users/boss/disconnect",
        json.dumps({"revoke": True}).encode(),
        {"Authorization": f"Bearer {boss}"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert json.load(answer) == {"disconnected": 1}
    socket.shutdown()

    assert server.stop() == 0
    lines = [json.loads(line) for line in server.output.splitlines()]
    assert [line["message"].split(" on ")[0] for line in lines] == [
        "listening",
        "tokens of user boss revoked by admin boss",
        "1 connections of user boss closed by admin boss",
        "stopping",
    ]
    assert all(line.keys() >= {"timestamp", "level", "logger"} for line in lines)
    assert not any(part in server.output for part in boss.split("."))


def test_an_unknown_format_is_named(launch):
    program = launch("server", WORKBENCH_LOG_FORMAT="xml")

    assert program.process.wait(20) == 2
    program.stop()
    assert "WORKBENCH_LOG_FORMAT" in program.output
    assert "Traceback" not in program.output
