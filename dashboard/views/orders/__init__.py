"""The Orders page: one order from both sides, with delivery times, and all open orders.

The orders themselves are folded in ``dashboard.state.orders``.
"""
