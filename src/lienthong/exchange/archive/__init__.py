"""The archive: copies of what was exchanged, encrypted to the organ whose they are, for a bounded time."""
