"""The organs of the profile in the database."""

from dataclasses import replace

import pytest

from lienthong.office.core import scope
from lienthong.office.organs.models import Position, Succession, Unit, UnitVersion
from lienthong.office.seeding.organs import is_empty, seed_organs
from lienthong.office.seeding.persons import Wanted, make_accounts, seed_persons
from lienthong.profiles import Profile, load

PROFILE = load("vn")


def small_profile() -> Profile:
    """The centre, one province and its communes."""
    units = [spec for spec in PROFILE.office.units() if spec.parent in {None, "U01"} or spec.code == "U01"]
    codes = {spec.code for spec in units}
    old = tuple(one for one in PROFILE.office.predecessors() if one.new_code in codes)
    return replace(PROFILE, office=replace(PROFILE.office, units=lambda: tuple(units), predecessors=lambda: old))


@pytest.mark.django_db
def test_every_organ_has_its_place_departments_and_posts() -> None:
    assert is_empty()
    profile = small_profile()
    count = seed_organs(profile)
    assert not is_empty()
    with scope.system():
        organs = profile.office.units()
        assert Unit.objects.count() == count == len(organs) + sum(len(spec.departments) for spec in organs)
        commune = Unit.objects.get(code="U00025")
        assert commune.parent is not None
        assert commune.path == f"{commune.parent.path}{commune.pk}/" == commune.organ_path
        office = Unit.objects.get(code="U00025.vp")
        assert (office.organ, office.organ_path) == (commune, commune.path)
        assert UnitVersion.objects.filter(unit=commune).count() == 1
        assert Position.objects.filter(unit=office, roles=["administrator"]).count() == 1
        assert Succession.objects.filter(successor=commune).exists()


@pytest.mark.django_db
def test_the_numbering_goes_on_after_it() -> None:
    count = seed_organs(small_profile())
    with scope.system():
        assert Unit.objects.create(kind="organ", code="X", name="X", path="x/", organ_path="x/").pk == count + 1


@pytest.mark.django_db
def test_accounts_can_sign_in_and_the_seeded_ones_cannot() -> None:
    seed_organs(small_profile())
    (account,) = make_accounts(
        [Wanted(login="admin", name="Quản trị", organ_code="A01", role="administrator")], "demo.invalid"
    )
    seed_persons(200)
    with scope.system():
        from lienthong.office.accounts.models import Person, PersonKey  # noqa: PLC0415 - Django is set up by now

        person = Person.objects.get(email=account.email)
        assert person.check_password(account.password)
        others = Person.objects.exclude(pk=person.pk)
        assert others.count() == 200
        assert not any(other.has_usable_password() for other in others)
        assert len(set(others.values_list("organ_id", flat=True))) > 50
        assert PersonKey.objects.filter(person=person).count() == 3
