"""Export of messages."""

import csv
import io

import pytest

from dashboard.messages import export
from dashboard.messages.search import MessageFilter
from dashboard.state.message_log import LoggedMessage

CART = LoggedMessage(
    7, 1_700_000_000.25, "user:user_1", "cart_update", 2, '{"name":"Кобзар",\n "n":1}'.encode()
)


def test_json_lines_have_the_columns_of_the_table_and_the_message_as_received():
    assert (
        export.to_jsonl([CART, CART]).decode()
        == (
            '{"seq":7,"at":"2023-11-14T22:13:20.250Z","channel":"user:user_1","type":"cart_update",'
            '"reached":2,"message":{"name":"Кобзар",  "n":1}}\n'
        )
        * 2
    )


def test_a_table_opens_in_a_spreadsheet():
    written = export.to_csv([CART])

    assert written.startswith(b"\xef\xbb\xbf")  # or Excel takes it for Latin
    head, row = csv.reader(io.StringIO(written.decode("utf-8-sig"), newline=""))
    assert tuple(head) == export.COLUMNS
    assert row[:5] == ["7", "2023-11-14T22:13:20.250Z", "user:user_1", "cart_update", "2"]
    assert row[5] == '{"name":"Кобзар",\n "n":1}'


EXACT = rb'{ "a" :1e5,"b":"\u0416\/","a":1500.00 }'


def test_white_space_escapes_exponents_and_duplicate_keys_are_exported_as_received():
    message = LoggedMessage(1, 0.0, "public:x", "t", 0, EXACT)

    assert export.to_jsonl([message]).endswith(b'"message":' + EXACT + b"}\n")
    _, row = csv.reader(io.StringIO(export.to_csv([message]).decode("utf-8-sig"), newline=""))
    assert row[5].encode() == EXACT


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ({}, "messages_20231114T221320.csv"),
        (
            {"channel": "order:ord_1", "type": "order_update", "text": "cart.total > 20000"},
            "messages_order-ord_1_order_update_cart.total-over-20000_20231114T221320.csv",
        ),
        ({"text": "/../ ../"}, "messages_20231114T221320.csv"),
        ({"user": "u" * 99}, f"messages_{'u' * 40}_20231114T221320.csv"),
    ],
)
def test_a_file_is_named_by_filter_and_time(wanted, name):
    assert export.file_name(MessageFilter(**wanted), CART.at, "csv") == name
