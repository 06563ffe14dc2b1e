"""How a channel is named in the access check."""

import pytest

from dashboard.views.connections.channel_names import find_channel

ORDERS = [
    ("ORD-ZPU23-237", "ord_zpu23_237"),
    ("ORD-1105", "ord_b2"),
    ("ORD-1104", "ord_a1"),
    ("ORD-1105", "ord_old"),
]


@pytest.mark.parametrize(
    ("text", "channel"),
    [
        ("tenant:shop", "tenant:shop"),
        (" public:news ", "public:news"),
        ("ORD-1105", "order:ord_b2"),
        ("ord-1104", "order:ord_a1"),
        ("ORD-9", None),
        ("ORD-ZPU23-237", "order:ord_zpu23_237"),
        ("ord-zpu23-237", "order:ord_zpu23_237"),
        ("ORD-ZPU23-9", None),
        ("ord_zz", "order:ord_zz"),
        ("order:ord_zz", "order:ord_zz"),
        ("", ""),
    ],
)
def test_an_order_may_be_named_by_its_number_or_its_id(text, channel):
    assert find_channel(text, ORDERS) == channel
