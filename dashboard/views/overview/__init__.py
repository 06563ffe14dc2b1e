"""The Overview page: key metrics, throughput, latest orders and stock alerts.

The figures come from ``dashboard.state``; what other pages draw as well is in ``dashboard.ui``.
"""
