"""The engine package of simulator."""
