"""What the message types and their fields mean, for the schema beside the editor.  Pure.

A test compares both tables with the types, so that no field lacks its help.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from common.text_markers import N_

TYPE_HELP: Mapping[str, str] = {
    "auth": N_("Sign in, or extend the session with a new token of the same user."),
    "subscribe": N_("Receive the events of a channel from now on."),
    "unsubscribe": N_("Receive no more events of a channel."),
    "ping": N_("Ask whether the connection works; the reply is pong."),
    "chat_message": N_("Write to support, or as staff to a customer."),
    "order_update": N_("An order has changed. The shop sends it on order: and the owner's user:."),
    "notification": N_("A text for a person, usually on user: or public:."),
    "cart_update": N_("A customer's cart has changed; sent on the customer's user:."),
    "inventory_alert": N_("Stock is low, out or back; sent to the staff on tenant:."),
    "new_order": N_("A new order, for the staff on tenant:. It also records who owns the order."),
    "customer_activity": N_("A customer arrived, filled a cart, wrote or left; for the staff."),
}
ADDRESS_HELP: Mapping[str, str] = {
    "channel": N_("Send to the subscribers of this channel."),
    "user": N_("Send to all connections of this user: short for the channel user:…"),
    "everyone": N_("true: send to every connection, signed in or not."),
}
ID_HELP = N_("Any text; the reply repeats it, so that you know what it answers.")
PAYLOAD_HELP = N_("The content.")
_AMOUNT_OF_MONEY = N_("In UAH.")
FIELD_HELP: Mapping[str, str] = {
    "AuthPayload.token": N_(
        "A JSON Web Token. $TOKEN is the one of this connection, $FRESH_TOKEN a new valid one."
    ),
    "SubscribeOptions.last": N_(
        "Also send the channel's latest message, if it is at most ten minutes old."
    ),
    "SubscribeOptions.recoverable": N_(
        "Number the messages (offset), so that missed ones can be requested after a reconnect."
    ),
    "SubscribeOptions.since": N_(
        "Send first the messages published after this position: that of the last message which "
        "this client has from the channel."
    ),
    "StreamPosition.epoch": N_(
        "Names the history that the offset belongs to; from the subscribed reply."
    ),
    "StreamPosition.offset": N_(
        "The offset of the last message that this client has from the channel: the number in the "
        "message, or in the subscribed reply if none has come since."
    ),
    "SubscribePayload.channel": N_(
        "The channel: order:ord_1, user:user_1, tenant:shop, public:announcements, monitor:shop. "
        "An order is named by its id (ord_…), not by its number (ORD-…)."
    ),
    "ChannelPayload.channel": N_("A channel that you are subscribed to."),
    "SendChatPayload.content": N_("What to say."),
    "SendChatPayload.conversation_id": N_(
        "The conversation to continue; without it, a customer opens a new one."
    ),
    "OrderUpdatePayload.order_id": N_("The order's id: ord_…"),
    "OrderUpdatePayload.status": N_("The status from now on."),
    "OrderUpdatePayload.previous_status": N_("The status before."),
    "OrderUpdatePayload.payment_status": N_("What became of the payment."),
    "OrderUpdatePayload.tracking_status": N_("Where the parcel is."),
    "OrderUpdatePayload.tracking_number": N_("The carrier's number of the parcel."),
    "OrderUpdatePayload.tracking_url": N_("The carrier's page of the parcel."),
    "OrderUpdatePayload.updated_at": N_("When it changed."),
    "OrderUpdatePayload.order": N_("The whole order after the change."),
    "Order.id": N_("Used in channels and links: ord_…"),
    "Order.number": N_("What customers see: ORD-… It is not used in channels."),
    "Order.total": N_("Sum of the items."),
    "Order.currency": N_("UAH."),
    "Order.status": N_("The status now."),
    "Order.customer": N_("Who placed it."),
    "Order.items": N_("What was ordered."),
    "Order.created_at": N_("When it was placed."),
    "CustomerRef.id": N_("The user id; events for this customer go to user:{id}."),
    "CustomerRef.name": N_("The name for people."),
    "OrderItem.product_id": N_("The product."),
    "OrderItem.name": N_("Its name."),
    "OrderItem.quantity": N_("How many."),
    "OrderItem.price": N_("Price of one, in UAH."),
    "NotificationPayload.id": N_("The same id means the same notification: show it once."),
    "NotificationPayload.title": N_("The heading."),
    "NotificationPayload.body": N_("The text."),
    "NotificationPayload.action_url": N_("Where a click leads, within the shop's site."),
    "NotificationPayload.icon": N_("Name of an icon."),
    "NotificationPayload.priority": N_("How much it matters; normal if omitted."),
    "NotificationPayload.created_at": N_("When it was written."),
    "CartUpdatePayload.action": N_("What happened."),
    "CartUpdatePayload.cart": N_("The cart after the change."),
    "CartUpdatePayload.item": N_("The line that changed; omitted if the cart was cleared."),
    "CartSummary.id": N_("The cart."),
    "CartSummary.item_count": N_("How many items are in it."),
    "CartSummary.total": _AMOUNT_OF_MONEY,
    "CartItem.product_id": N_("The product."),
    "CartItem.name": N_("Its name."),
    "CartItem.quantity": N_("How many are in the cart now."),
    "InventoryAlertPayload.product_id": N_("The product."),
    "InventoryAlertPayload.product_name": N_("Its name."),
    "InventoryAlertPayload.sku": N_("The article number."),
    "InventoryAlertPayload.current_quantity": N_("How many are left."),
    "InventoryAlertPayload.threshold": N_("Stock at or below this is low."),
    "InventoryAlertPayload.alert_type": N_("What the alert is about."),
    "InventoryAlertPayload.location": N_("The warehouse."),
    "NewOrderPayload.order": N_("The order."),
    "CustomerActivityPayload.customer": N_("Who."),
    "CustomerActivityPayload.action": N_("What the customer did."),
    "CustomerActivityPayload.created_at": N_("When."),
}


def field_help(kind: type[Struct], name: str) -> str:
    """Return the help of a field, untranslated; empty if it has none.

    A field that several types inherit is described where it is declared.
    """
    if name == "payload":
        return PAYLOAD_HELP
    if name == "id" and "type" in _tag_field(kind):
        return ID_HELP
    for parent in kind.__mro__:
        if name in getattr(parent, "__annotations__", ()):
            return FIELD_HELP.get(f"{parent.__name__}.{name}", "")
    return ""


def _tag_field(kind: type[Struct]) -> str:
    return kind.__struct_config__.tag_field or ""
