"""Topics: events that their owner seals once, and every granted information system reads in its own time."""
