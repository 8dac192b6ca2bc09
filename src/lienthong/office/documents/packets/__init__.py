"""Documents of organs without this office: they leave and arrive as packets of the profile's format (ADR 0086)."""
