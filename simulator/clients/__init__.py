"""The clients package of simulator."""
