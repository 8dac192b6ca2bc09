"""How long work files are kept (Law 33/2024/QH15 on archives: for ever, or 2 to 70 years), and when they are handed in.

The law was read in summaries only. Which term a kind of file has is said in lists that organs decide on; they are not
here, so whoever opens a file names the term and what it rests on.
"""

from typing import Final

from lienthong.profiles.base import Archives

ARCHIVES: Final = Archives(least=2, most=70, usual=(5, 10, 15, 20, 30, 50, 70), submit_years=1)
"""Terms in years; a file goes to the organ's archive within a year of the end of its work."""
