"""Links of notifications."""

import pytest

from dashboard.views.inbox.safe_links import is_internal, order_id_in


@pytest.mark.parametrize("url", ["/", "/orders/ord_1", "/sale/phones?page=2", "/a%20b"])
def test_an_internal_link_is_recognised(url):
    assert is_internal(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "orders/ord_1",
        "https://example.com/",
        "//example.com/orders/ord_1",
        "/\\example.com",
        "javascript:alert(1)",
        "data:text/html,x",
        "/orders/ord_1\n",
        " /orders/ord_1",
        '/"onclick="x',
        "/<b>",
        "/a:b@c",
    ],
)
def test_an_external_link_is_recognised(url):
    assert not is_internal(url)
    assert order_id_in(url) is None


def test_a_link_to_an_order_gives_its_id():
    assert order_id_in("/orders/ord_x1_17") == "ord_x1_17"
    assert order_id_in("/orders/ord_1/") == "ord_1"


@pytest.mark.parametrize("url", ["/orders", "/orders/", "/orders/a/b", "/orders/../x", "/sale"])
def test_other_links_give_no_order(url):
    assert order_id_in(url) is None
