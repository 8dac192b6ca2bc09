"""Validating: declarative rules in four dimensions, all in one pass; and the scores made of their counts."""

from lienthong.quality.validating.check import Validated, validate
from lienthong.quality.validating.rules import Rule, Rules, load_rules
from lienthong.quality.validating.score import Card, score

__all__ = ["Card", "Rule", "Rules", "Validated", "load_rules", "score", "validate"]
