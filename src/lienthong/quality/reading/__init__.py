"""Reading what a registry is kept in: text with delimiters, Parquet, spreadsheets, one file or a folder.

``read`` gives a view whose columns are those of the registry, everything as text, nothing changed. What
cannot be read is refused with file, line and column before anything is written.
"""

from lienthong.quality.reading.records import VIEW, Records, read

__all__ = ["VIEW", "Records", "read"]
