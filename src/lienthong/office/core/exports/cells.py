"""What stands in a cell of an exported table."""

from datetime import date, datetime

from django.utils.timezone import localtime

type Cell = str | int | float | date | None


def text_of(cell: str | date | None) -> str:
    """Return a cell as text: days and moments as ISO 8601, moments in the office's time zone."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return localtime(cell).isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    return cell
