"""Who published a message, and which users it is about."""

from dashboard.messages.people import UserRef, author_of, publisher_of, users_of
from dashboard.state.message_log import LoggedMessage


def logged(shop, channel, type="cart_update", **payload):
    return LoggedMessage(1, shop.noon, channel, type, 1, shop.message(type, **payload))


def test_a_chat_message_has_an_author(shop):
    said = {"id": "m", "sender_id": "user_2", "sender_name": "Марія", "content": "Вітаю"}
    message = logged(shop, "user:user_1", "chat_message", conversation_id="c", message=said)

    assert author_of(message) == UserRef("user_2", "Марія")
    assert users_of(message) == [UserRef("user_1"), UserRef("user_2", "Марія")]


def test_other_messages_have_none(shop):
    assert author_of(logged(shop, "user:user_1", cart={"total": 1})) is None


def test_the_type_shows_the_part_of_the_shop_that_publishes_it(shop):
    assert publisher_of(logged(shop, "user:user_1", "inventory_alert")) == "Stock"
    assert publisher_of(logged(shop, "public:news", "notification")) == "Announcements"
    assert publisher_of(logged(shop, "user:user_1", "greeting")) == ""


def test_an_order_names_its_customer(shop):
    order = {"id": "ord_1", "customer": {"id": "user_1", "name": "Олена"}}

    assert users_of(logged(shop, "tenant:shop", "new_order", order=order)) == [
        UserRef("user_1", "Олена")
    ]


def test_a_message_on_a_users_channel_is_about_the_user(shop):
    message = logged(shop, "user:user_1", order={"customer": {"id": "user_1", "name": "Олена"}})

    assert users_of(message) == [UserRef("user_1", "Олена")]


def test_values_of_other_types_are_no_users(shop):
    message = logged(shop, "order:ord_1", customer={"id": 7}, message={"sender_id": None})

    assert users_of(message) == []
