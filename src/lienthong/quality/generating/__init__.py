"""Synthetic members with ground truth: the names, dates and errors of no real person."""

from lienthong.quality.generating.members import Generated, generate

__all__ = ["Generated", "generate"]
