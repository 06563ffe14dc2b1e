"""Endings in words."""

import pytest

from dashboard.console import endings
from protocol.errors import CloseCode, ErrorCode


@pytest.mark.parametrize("code", CloseCode)
def test_every_close_code_has_a_meaning_and_an_advice(code):
    assert endings.close_code_text(int(code)) != endings.UNKNOWN_CODE
    assert endings.reconnect_text(int(code))


def test_a_code_says_whether_a_client_comes_back():
    assert "do not reconnect automatically" in endings.reconnect_text(4003)
    assert "with back-off" in endings.reconnect_text(4101)
    assert "immediately" in endings.reconnect_text(4200)
    assert "new token" in endings.reconnect_text(4103)
    assert endings.reconnect_text(1000) == endings.NO_RECONNECT_NEEDED


def test_a_connection_that_broke_off_is_told_too():
    assert "without a close frame" in endings.close_code_text(1006)
    assert endings.close_code_text(4999) == endings.UNKNOWN_CODE


@pytest.mark.parametrize("code", ErrorCode)
def test_every_refusal_has_words(code):
    assert endings.ERROR_CODE_TEXTS[code]
