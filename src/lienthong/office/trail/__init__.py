"""The audit trail: read, chained, exported, verified. It is written by core.audit."""
