"""The frame: who acts, what they may see, the audit trail, lists, notifications and the base page."""
