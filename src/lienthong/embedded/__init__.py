"""Floor 2: servers as child processes, for a laptop, a demo and the tests."""
