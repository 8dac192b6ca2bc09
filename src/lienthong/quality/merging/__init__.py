"""Several records of one person made one: which values survive, where they come from, and how it is undone."""
