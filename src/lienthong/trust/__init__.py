"""Floor 2: keys, seals, envelopes and the journal of evidence."""
