"""What a person chooses for their own account."""

import pytest

from lienthong.office.accounts.acting import actor_of
from lienthong.office.accounts.actions.preferences import choose_language
from lienthong.office.accounts.models import Person
from lienthong.office.core import scope
from tests.support.officials import make_official, make_organ


@pytest.mark.django_db
def test_one_chooses_for_oneself_only() -> None:
    organ = make_organ()
    first, second = make_official(organ, 1), make_official(organ, 2)
    with scope.system():
        actor = actor_of(first)
    with scope.act_for(actor):
        choose_language(actor=actor, language="de")
    with scope.system():
        assert dict(Person.objects.values_list("pk", "language")) == {first.pk: "de", second.pk: "vi"}
