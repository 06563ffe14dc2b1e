"""The scenarios package of simulator."""
