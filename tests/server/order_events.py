"""Publications about orders, as a shop sends them."""


def new_order(order_id, user_id, tenant_id="shop"):
    """Return the publication that places an order."""
    order = {
        "id": order_id,
        "number": "ORD-1",
        "total": 10.0,
        "currency": "UAH",
        "status": "pending",
        "customer": {"id": user_id, "name": user_id},
        "items": [{"product_id": "p", "name": "Чайник", "quantity": 1, "price": 10.0}],
        "created_at": "2024-01-15T10:30:00Z",
    }
    return {"channel": f"tenant:{tenant_id}", "type": "new_order", "payload": {"order": order}}


def order_update(order_id, status):
    """Return the publication of an order's status."""
    payload = {"order_id": order_id, "status": status}
    return {"channel": f"order:{order_id}", "type": "order_update", "payload": payload}
