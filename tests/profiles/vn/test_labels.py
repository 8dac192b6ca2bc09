"""The levels carry their legal names and terms."""

from lienthong.kernel.labels import Level
from lienthong.profiles.vn.labels import LABELS


def test_the_three_state_secrets_have_their_legal_names_and_terms() -> None:
    secrets = {level: term for level, term in LABELS.items() if term.state_secret}
    assert {level: (term.names.vi, term.protection_years) for level, term in secrets.items()} == {
        Level.CONFIDENTIAL: ("Mật", 10),
        Level.SECRET: ("Tối mật", 20),
        Level.TOP_SECRET: ("Tuyệt mật", 30),
    }


def test_open_levels_have_no_term() -> None:
    assert LABELS[Level.PUBLIC].protection_years is None
    assert LABELS[Level.INTERNAL].protection_years is None


def test_every_level_has_its_own_entry() -> None:
    assert [(level, term.level) for level, term in LABELS.items()] == [(level, level) for level in Level]
