"""Persons and their accounts: positions they hold, substitutions, clearances, sign-in."""
