"""What is read of documents and of what hangs on them."""
