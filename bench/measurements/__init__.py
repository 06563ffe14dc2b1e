"""The measurements package of bench."""
