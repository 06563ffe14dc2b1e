"""The address to connect to."""

import pytest

from client.url import with_token


@pytest.mark.parametrize(
    ("url", "token", "address"),
    [
        ("ws://shop:8080/ws", None, "ws://shop:8080/ws"),
        ("ws://shop:8080/ws", "a.b-c_d", "ws://shop:8080/ws?token=a.b-c_d"),
        ("wss://shop/ws?lang=uk", "t", "wss://shop/ws?lang=uk&token=t"),
        ("ws://shop/ws", "a b&c", "ws://shop/ws?token=a+b%26c"),
    ],
)
def test_carries_the_token_in_its_query(url, token, address):
    assert with_token(url, token) == address
