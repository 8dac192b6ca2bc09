"""Liên thông: sealed, encrypted, evidenced exchange of data between organs of many tiers."""
