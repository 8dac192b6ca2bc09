"""Floor 2: a registry of persons profiled, standardised, validated, linked and scored; see docs/quality.md.

Nothing here knows the office, or one schema: a registry is described by a TOML file (``description``). It
takes the extra ``quality`` (DuckDB, Splink); the description of a registry can be read without.
"""
