"""The faces to information systems: X-Road's REST interface and our own."""
