"""What is done to files and their keys."""
