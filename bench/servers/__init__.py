"""The servers package of bench."""
