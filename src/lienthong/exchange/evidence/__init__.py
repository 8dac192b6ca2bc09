"""Evidence for others: reading a journal, exporting a record of it, and verifying both offline."""
