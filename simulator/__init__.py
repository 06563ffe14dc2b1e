"""A shop that behaves: its stock, its orders and its customers, published as they happen."""
