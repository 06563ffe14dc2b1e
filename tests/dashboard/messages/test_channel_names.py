"""How channels are named in searches and in the access check."""

import pytest

from dashboard.messages.channel_names import (
    channels_of_orders,
    derive_order_id,
    find_channel,
    order_ids,
)

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


@pytest.mark.parametrize(
    ("text", "channels"),
    [
        ("ORD-ZPU23-237", {"order:ord_zpu23_237"}),
        ("zpu23-2", {"order:ord_zpu23_237"}),
        ("ord-110", {"order:ord_b2", "order:ord_a1", "order:ord_old"}),
        ("237", set()),
        ("user_1", set()),
        ("", set()),
    ],
)
def test_channels_of_orders_are_found_by_a_part_of_the_number(text, channels):
    assert channels_of_orders(text, ORDERS) == channels


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("ORD-ZPU23-237", ("ord_zpu23_237",)),
        (" ord-1105 ", ("ord_b2", "ord_old")),
        ("ORD-11", ()),
        ("iPhone", ()),
    ],
)
def test_a_whole_number_stands_for_the_ids_of_its_orders(text, ids):
    assert order_ids(text, ORDERS) == ids


@pytest.mark.parametrize(
    ("number", "id"),
    [
        ("ORD-ZQ0KB-099", "ord_zq0kb_99"),
        (" ord-a1-1234 ", "ord_a1_1234"),
        ("ORD-1105", None),
        ("ORD-ZQ0KB-9", None),
        ("ord_1", None),
    ],
)
def test_the_id_of_an_old_order_of_the_simulated_shop_follows_from_its_number(number, id):
    assert derive_order_id(number) == id
