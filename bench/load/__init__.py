"""The load package of bench."""
