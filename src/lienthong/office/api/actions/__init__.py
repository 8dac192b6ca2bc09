"""What is done to tokens."""
