"""Running the office: whether it is well, what it measures and logs, how it starts, and its backups."""
