"""What every endpoint of /api/v1 shares."""
