"""The tree of organs, their departments and positions, versioned in time."""
