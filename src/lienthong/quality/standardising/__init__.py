"""Standardising: what records say, in one form; what they said is kept beside every value that changed."""

from lienthong.quality.standardising.run import Standardised, standardise

__all__ = ["Standardised", "standardise"]
