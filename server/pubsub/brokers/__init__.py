"""Brokers: they carry publications to every node, and keep the latest of each channel.

An implementation belongs here, in a folder of its own, if it fulfils `base.Broker`.  What nodes
know of one another belongs in `server/cluster`.
"""
