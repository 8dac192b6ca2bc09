"""What is done to work files."""
