"""Floor 1: values without I/O. Everything else may import it; it imports nothing of ours."""
