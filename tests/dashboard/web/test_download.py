"""Download of the messages that a tab lists."""

import gc
import json
import re
from urllib.parse import unquote

from starlette.requests import Request

from dashboard.messages.search import MessageFilter
from dashboard.state.message_log import LoggedMessage, LogView
from dashboard.web.download import DOWNLOAD_ROUTE, DownloadSource


def get(address):
    """Ask as the web server would."""
    scope = {"type": "http", "method": "GET", "path": address, "headers": []}
    _, found = DOWNLOAD_ROUTE.matches(scope)
    return DOWNLOAD_ROUTE.endpoint(Request(scope | found))


def listed(**wanted):
    tab = DownloadSource()
    tab.log = LogView.from_messages(
        tuple(
            LoggedMessage(
                seq, 1_700_000_000.0, f"user:user_{seq}", "cart_update", 1, b'{"n":%d}' % seq
            )
            for seq in (1, 2, 3)
        )
    )
    tab.filter = MessageFilter(**wanted)
    return tab


def test_a_file_has_all_messages_that_match_the_filter():
    tab = listed(text="$[?@>1]")

    answer = get(tab.url_path("jsonl"))

    lines = [json.loads(line) for line in bytes(answer.body).splitlines()]
    assert [line["message"]["n"] for line in lines] == [2, 3]


def test_the_name_of_a_file_tells_the_filter_in_any_script():
    tab = listed(channel="user:", text="Кобзар")

    disposition = unquote(get(tab.url_path("csv")).headers["Content-Disposition"])

    assert re.fullmatch(
        r"attachment; filename\*=UTF-8''messages_user_Кобзар_\d{8}T\d{6}\.csv", disposition
    )


def test_a_file_has_what_is_listed_at_the_time_of_the_request():
    tab = listed()
    address = tab.url_path("csv")
    tab.filter = MessageFilter(channel="user:user_2")

    row = get(address).body.decode("utf-8-sig").splitlines()[1]

    assert "user:user_2" in row


def test_messages_of_a_closed_tab_are_not_available():
    tab = listed()
    address = tab.url_path("csv")
    del tab
    gc.collect()

    answer = get(address)

    assert answer.status_code == 404
    assert b"user:" not in answer.body


def test_there_are_no_other_formats():
    tab = listed()

    assert get(tab.url_path("exe")).status_code == 404
    assert get("/messages/guessed.csv").status_code == 404


def test_a_filter_that_takes_too_long_is_refused():
    tab = listed(text="$..[?count(@.*) > 9]")
    text = f"[{'[0],' * 40_000}0]".encode()
    tab.log = LogView.from_messages((LoggedMessage(1, 1.0, "user:user_1", "cart_update", 1, text),))

    answer = get(tab.url_path("csv"))

    assert answer.status_code == 422
    assert b"use a simpler one" in answer.body
