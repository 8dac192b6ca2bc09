"""What an office that is tried out needs to sign: real keys, for the office alone, and a chain per organ."""

import stat
from pathlib import Path

import pytest
from django.test import override_settings

from lienthong.office.core import scope
from lienthong.office.documents import signers
from lienthong.office.documents.models import Chain, StepKind
from lienthong.office.operation.first_accounts import chain, everybody
from lienthong.office.operation.first_papers import first_papers
from lienthong.office.seeding.organs import seed_organs
from lienthong.office.seeding.persons import make_accounts
from lienthong.profiles.vn import PROFILE


@pytest.mark.django_db
def test_the_first_organs_can_sign(tmp_path: Path) -> None:
    units = PROFILE.office.units()
    with scope.system():
        seed_organs(PROFILE)
        list(make_accounts(everybody(units), "example.test"))
    first_papers(units, tmp_path)
    codes = [spec.code for spec in chain(units)]
    with scope.system():
        made = Chain.objects.filter(organ__code__in=codes)
        assert sorted(one.organ.code for one in made) == sorted(codes)
        assert {step.kind for one in made for step in one.steps.all()} == {StepKind.SIGN}
    signers.trusted.cache_clear()
    with override_settings(LIENTHONG_SIGNERS=tmp_path):
        above = set()
        for code in codes:
            found = signers.kept(code)
            assert found is not None
            above |= {one.subject for one in found.chain}
        assert above == {one.subject for one in signers.trusted()}
        assert len(above) == 1
    signers.trusted.cache_clear()
    secret = [path for path in tmp_path.iterdir() if path.suffix in {".p12", ".pass"}]
    assert {stat.S_IMODE(path.stat().st_mode) for path in secret} == {0o600}
