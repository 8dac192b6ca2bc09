"""Floor 3: the signed map of organs, information systems, services, keys and grants."""
