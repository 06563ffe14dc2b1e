"""The api package of simulator."""
