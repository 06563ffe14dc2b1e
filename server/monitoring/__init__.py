"""Statistics: counters, latencies, Prometheus metrics, and the reports to monitor channels.

Nothing here changes what is delivered.  What other nodes report arrives through
`server/cluster`.
"""
