"""Pages of persons and of one's own account."""
