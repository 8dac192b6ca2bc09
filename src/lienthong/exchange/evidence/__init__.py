"""Evidence for others: reading a journal, exporting a record of it, and verifying both offline."""

from lienthong.exchange.evidence.export import export_record
from lienthong.exchange.evidence.report import Report
from lienthong.exchange.evidence.verify import verify

__all__ = ["Report", "export_record", "verify"]
