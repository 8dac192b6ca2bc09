"""Work files: what was done about something, from the first document to the archive and, in the end, its disposal."""
