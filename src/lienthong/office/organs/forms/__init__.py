"""Forms of units and positions."""
