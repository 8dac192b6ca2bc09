"""``/live``: what changes for a person while a page of theirs is open, as server-sent events."""
