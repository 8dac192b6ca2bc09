"""Floor 3: signatures in PDF files, verified and made (PAdES, ETSI EN 319 142-1); see docs/signatures.md."""
