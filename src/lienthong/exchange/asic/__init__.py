"""Signed containers (ASiC-E, ETSI EN 319 162-1): an exchange with its evidence, for tools that do not know us."""
