"""The tables of this room."""

from lienthong.office.records.models.disposal import Approval, Disposal, DisposalFile, Hold
from lienthong.office.records.models.workfile import FileAccess, FileSeries, Item, WorkFile

__all__ = ["Approval", "Disposal", "DisposalFile", "FileAccess", "FileSeries", "Hold", "Item", "WorkFile"]
