"""Bringing the results of the quality engine into the database."""
