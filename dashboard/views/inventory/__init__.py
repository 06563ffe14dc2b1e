"""The Inventory page: stock by warehouse, alerts, and the chart of one product.

The stock itself is in ``dashboard.state.inventory``.
"""
