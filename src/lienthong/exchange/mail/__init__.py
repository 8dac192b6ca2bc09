"""Mail: sealed messages into mailboxes, and the receipts that come back."""
