"""How publications travel between the servers of one cluster."""
