"""Descriptions of close codes and error codes."""

import pytest

from dashboard.frames import code_descriptions
from protocol.close_codes import CloseCode
from protocol.errors import ErrorCode


@pytest.mark.parametrize("code", CloseCode)
def test_every_close_code_has_a_description_and_says_whether_clients_reconnect(code):
    assert code_descriptions.close_code_text(int(code)) != code_descriptions.UNKNOWN_CODE
    assert code_descriptions.reconnect_text(int(code))


def test_a_code_says_whether_clients_reconnect():
    assert "do not reconnect automatically" in code_descriptions.reconnect_text(4003)
    assert "do not reconnect automatically" in code_descriptions.reconnect_text(1002)
    assert "with back-off" in code_descriptions.reconnect_text(4101)
    assert "immediately" in code_descriptions.reconnect_text(4200)
    assert "new token" in code_descriptions.reconnect_text(4103)
    assert code_descriptions.reconnect_text(1000) == code_descriptions.NO_RECONNECT_NEEDED


def test_codes_without_a_close_frame_are_described_too():
    assert "without a close frame" in code_descriptions.close_code_text(1006)
    assert code_descriptions.close_code_text(4999) == code_descriptions.UNKNOWN_CODE


@pytest.mark.parametrize("code", ErrorCode)
def test_every_error_code_has_a_description(code):
    assert code_descriptions.ERROR_CODE_TEXTS[code]


@pytest.mark.parametrize("code", ErrorCode)
def test_every_error_code_says_what_to_do(code):
    assert code_descriptions.ERROR_ADVICE[code]


@pytest.mark.parametrize("code", CloseCode)
def test_every_close_code_says_what_to_do(code):
    assert code_descriptions.close_advice(int(code))
