"""What is read of persons and of what hangs on them."""
