"""What is read of work files and of what hangs on them."""
