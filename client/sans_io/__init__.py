"""The sans_io package of client."""
