"""Histories: what publishers and recoverable clients saw while a nemesis caused faults.

``recording`` runs the publishers, the clients and the nemesis, and records a history;
``checker`` evaluates it afterwards.
"""
