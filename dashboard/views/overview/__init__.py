"""The Overview page: key metrics, throughput, latest orders and stock alerts."""
