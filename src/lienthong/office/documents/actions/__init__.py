"""What is done to documents: each action authorises, changes, records and tells those concerned, at once."""
