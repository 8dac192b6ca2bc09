"""What rules propose by themselves."""

import pytest

from lienthong.office.members import registry
from lienthong.office.members.fixes import FIXES


@pytest.mark.parametrize(
    ("rule", "values", "proposed"),
    [
        ("number-sex", {"personal_number": "001160000001", "sex": "m"}, {"sex": "f"}),
        ("sex-missing", {"personal_number": "001060000001"}, {"sex": "m"}),
        ("sex-missing", {"personal_number": "12345"}, {}),
        ("birth-date-missing", {"personal_number": "001201000001"}, {"birth_date": "2001"}),
        (
            "official-before-admission",
            {"admission_date": "1991-02-03", "official_date": "1990-02-03"},
            {"admission_date": "1990-02-03", "official_date": "1991-02-03"},
        ),
        ("official-before-admission", {"admission_date": "1991-02-03"}, {}),
        ("probationary-with-card", {"card_number": "12345678"}, {"card_number": ""}),
        ("probationary-with-card", {}, {}),
    ],
)
def test_a_rule_proposes_what_the_record_itself_says(
    rule: str, values: dict[str, str], proposed: dict[str, str]
) -> None:
    assert FIXES[rule](values) == proposed


def test_every_fix_belongs_to_a_rule() -> None:
    assert FIXES.keys() <= registry.rules().keys()
