"""Endings in words."""

import pytest

from dashboard.console import endings
from protocol.errors import CloseCode, ErrorCode


@pytest.mark.parametrize("code", CloseCode)
def test_every_close_code_has_a_meaning_and_an_advice(code):
    assert endings.meaning(int(code)) != endings.UNKNOWN
    assert endings.advice(int(code))


def test_a_code_says_whether_a_client_comes_back():
    assert "do not reconnect automatically" in endings.advice(4003)
    assert "with back-off" in endings.advice(4101)
    assert "immediately" in endings.advice(4200)
    assert "new token" in endings.advice(4103)
    assert endings.advice(1000) == endings.FINISHED


def test_a_connection_that_broke_off_is_told_too():
    assert "without a close frame" in endings.meaning(1006)
    assert endings.meaning(4999) == endings.UNKNOWN


@pytest.mark.parametrize("code", ErrorCode)
def test_every_refusal_has_words(code):
    assert endings.REFUSALS[code]
