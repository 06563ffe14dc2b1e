"""The broker of a single node.

Delivery within the process, and history in memory, belong here; nothing that outlives it does.
"""
