"""Export of messages."""

import csv
import io

from dashboard.messages import export
from dashboard.state.message_log import LoggedMessage

CART = LoggedMessage(
    7, 1_700_000_000.25, "user:user_1", "cart_update", 2, '{"name":"Кобзар",\n "n":1}'.encode()
)


def test_json_lines_have_each_message_as_received_on_one_line():
    assert export.to_jsonl([CART, CART]).decode() == '{"name":"Кобзар",  "n":1}\n' * 2


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

    assert export.to_jsonl([message]) == EXACT + b"\n"
    _, row = csv.reader(io.StringIO(export.to_csv([message]).decode("utf-8-sig"), newline=""))
    assert row[5].encode() == EXACT
