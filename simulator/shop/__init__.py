"""The shop package of simulator."""
