"""Floor 6: the command line; one module per group of commands."""
