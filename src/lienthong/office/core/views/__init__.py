"""Pages of the frame: home, choices of the reader, errors, style guide."""
