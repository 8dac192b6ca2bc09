"""Floor 4: the gateway. Calls, mail, policy, the carrier and the faces to information systems."""
