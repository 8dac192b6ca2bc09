"""Dates and numbers as Vietnamese offices write them."""

from datetime import datetime

import pytest
from django import forms
from django.utils.formats import date_format, number_format
from django.utils.translation import override

WHEN = datetime(2026, 9, 2, 7, 5)  # noqa: DTZ001 - only its form is looked at


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("DATE_FORMAT", "ngày 02 tháng 09 năm 2026"),
        ("DATETIME_FORMAT", "07:05, ngày 02 tháng 09 năm 2026"),
        ("SHORT_DATE_FORMAT", "02/09/2026"),
        ("SHORT_DATETIME_FORMAT", "07:05 02/09/2026"),
    ],
)
def test_dates(form: str, text: str) -> None:
    with override("vi"):
        assert date_format(WHEN, form) == text


def test_numbers() -> None:
    with override("vi"):
        assert number_format(1234567.5, decimal_pos=1, force_grouping=True) == "1.234.567,5"


@pytest.mark.parametrize("text", ["02/09/2026", "2-9-2026", "2026-09-02"])
def test_dates_are_read_as_they_are_written(text: str) -> None:
    with override("vi"):
        assert forms.DateField().clean(text) == WHEN.date()
