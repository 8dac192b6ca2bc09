"""Standardising: what records say, in one form; what they said is kept beside every value that changed."""

from lienthong.quality.standardising.run import Plan, Standardised, plan_of, standardise

__all__ = ["Plan", "Standardised", "plan_of", "standardise"]
