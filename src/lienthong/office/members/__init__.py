"""Members: who is in the registry, how good their records are, and who mends what by when."""
