"""Pages of units and positions."""
