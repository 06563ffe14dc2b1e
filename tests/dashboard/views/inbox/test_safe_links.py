"""Where a notification may lead."""

import pytest

from dashboard.views.inbox.safe_links import is_internal, order_id_in


@pytest.mark.parametrize("url", ["/", "/orders/ord_1", "/sale/phones?page=2", "/a%20b"])
def test_stays_within_the_site(url):
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
def test_never_leads_off_it(url):
    assert not is_internal(url)
    assert order_id_in(url) is None


def test_leads_to_an_order():
    assert order_id_in("/orders/ord_x1_17") == "ord_x1_17"
    assert order_id_in("/orders/ord_1/") == "ord_1"


@pytest.mark.parametrize("url", ["/orders", "/orders/", "/orders/a/b", "/orders/../x", "/sale"])
def test_tells_other_pages_from_an_order(url):
    assert order_id_in(url) is None
