"""Checking a message while it is typed."""

import pytest

from dashboard.frames.json_check import expected_refusal, find_json_error


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ('{"type": "ping",\n "id" 1}', 2, 6, "a colon is missing"),
        ('{"type": }', 1, 10, "a value is missing"),
        ('{"type": ping}', 1, 10, "needs double quotes"),
        ('{type: "ping"}', 1, 2, "a field name in double quotes"),
        ('{"type": "ping",\n}', 1, 16, "one too many"),
        ('{"a": [1,\n]}', 1, 9, "one too many"),
        ('{"type": "ping}', 1, 10, "no closing quote"),
        ('{"type": "ping"} x', 1, 18, "after the end"),
    ],
)
def test_an_error_has_its_place_and_a_reason(text, line, column, words):
    error = find_json_error(text)

    assert (error.line, error.column) == (line, column)
    assert words in error.text


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('{\n"type": "ping"\n"id": 1}', 2, "a comma"),
        ('{"a": 1\n\n\n"b": 2}', 1, "a comma"),
        ('{\n"type": "ping,\n"id": 1}', 2, "a closing quote"),
        ('{"a": {"b": "}"\n}\n', 2, "a closing curly bracket"),
        ('{"a": [1, 2\n}', 1, "a closing square bracket"),
        ('{"a": 1,', 1, "a closing curly bracket"),
    ],
)
def test_what_is_missing_is_missing_at_the_end_of_a_line(text, line, words):
    error = find_json_error(text)

    assert error.is_at_line_end
    assert error.line == line
    assert error.offset == len("\n".join(text.split("\n")[:line]))
    assert f"{words} is missing" in error.text


@pytest.mark.parametrize("text", ["", "  \n", '{"type": "ping"}', "[1]"])
def test_json_and_an_empty_text_have_no_error(text):
    assert find_json_error(text) is None


def test_the_offset_counts_as_a_browser_does():
    assert find_json_error('{"a": "😀", 1}').offset == len('{"a": "😀", ') + 1


@pytest.mark.parametrize(
    ("text", "is_publication", "words"),
    [
        ('{"type": "ping"}', False, ""),
        ('{"type": "dance"}', False, "unknown_type"),
        ('{"type": "subscribe", "payload": {}}', False, "missing required field `channel`"),
        ('{"user": "u", "type": "notification", "payload": {}}', True, "HTTP 422"),
        (
            '{"user": "u", "type": "notification", "payload": {"id":"n","title":"t","body":"b"}}',
            True,
            "",
        ),
        ('{"channel": "nonsense", "type": "notification", "payload": {}}', True, "HTTP 422"),
        ('{"user": "u", "type": "notification"}', True, "HTTP 422"),
    ],
)
def test_the_servers_refusal_is_expected_before_sending(text, is_publication, words):
    found = expected_refusal(text, is_publication)

    assert words in found
    assert bool(found) == bool(words)
