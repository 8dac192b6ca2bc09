"""Whatever text the database holds, no page runs it: markup in every free text field, and every address read.

The fields are found from the models and the addresses from the resolver, so a new one is tested without being named.
"""

import json
from typing import Final

import pytest
from django.apps import apps
from django.db import models, transaction
from django.test import Client

from lienthong.office.accounts.models import Clearance, NeedToKnow, Token
from lienthong.office.core import scope
from lienthong.office.core.models import AuditEntry, KeyField, Notification, PathField, SavedView
from lienthong.office.organs.models import Succession
from tests.office.addresses import Place, routes
from tests.office.people import House, sign_in
from tests.office.test_urls_matrix import browsers, place

__all__ = ["browsers", "place"]

MARK: Final = "xq7"
PROBE: Final = f"{MARK}\"'><script>{MARK}()</script><img src=x onerror={MARK}()>"
# Raw, none of these may stand in a page: each would break out of a text or an attribute.
RAW: Final = (f"<script>{MARK}", f"<img src=x onerror={MARK}", f"{MARK}\"'>", f'{MARK}"&#x27;', f"{MARK}&quot;'")
READERS: Final = ("administrator", "security", "auditor", "official", "operator")
ROOMS: Final = ("organs", "accounts", "core", "trail", "api", "documents", "records")


def _is_free(field: "models.Field[object, object]") -> bool:
    """Tell whether people write what they like into a field."""
    if isinstance(field, KeyField | PathField | models.EmailField) or field.unique or field.choices:
        return False
    is_text = isinstance(field, models.CharField | models.TextField)
    coded = {"kind", "object_type", "about", "url", "password", "state", "type", "bloc", "tier", "area_code", "page"}
    return is_text and field.name not in coded and len(PROBE) <= (field.max_length or len(PROBE))


def _poison() -> set[str]:
    """Write the probe into every free text field of every row; return the fields."""
    written = set()
    for model in apps.get_models():
        if model._meta.app_label not in ROOMS or model is AuditEntry:
            continue
        names = [field.name for field in model._meta.concrete_fields if _is_free(field)]
        if names and model._default_manager.update(**dict.fromkeys(names, PROBE)):
            written |= {f"{model.__name__}.{name}" for name in names}
    return written


@pytest.fixture
def poisoned(house: House, place: Place) -> set[str]:
    """A house in which each table of free texts has a row, all of them hostile."""
    organ, person = house.organs["province"], house.persons["official"]
    by = house.persons["security"]
    with scope.system(), transaction.atomic():
        day = house.appointment("official").valid_from
        later = day.replace(year=day.year + 1)
        Succession.objects.create(old_code="1", old_name="x", successor=organ, since=day, needs_review=True)
        Clearance.objects.create(person=person, level=2, valid_from=day, valid_to=later, decision="x", granted_by=by)
        NeedToKnow.objects.create(person=person, unit=house.hidden, valid_to=later, reason="x", granted_by=by)
        for key in READERS:
            reader = house.persons[key]
            SavedView.objects.create(person=reader, page="persons", name="x", query="?sort=name")
            Token.objects.create(
                kind="personal",
                name="x",
                person=reader,
                appointment=house.appointment("official"),
                organ_path=organ.path,
                digest=reader.pk.to_bytes(32),
                expires_at="2099-01-01T00:00:00Z",
            )
            Notification.objects.create(
                person=reader,
                kind="accounts:substitution:begin",
                facts={"person": PROBE, "position": PROBE, "organ": PROBE, "name": PROBE, "until": PROBE},
                url="/",
                about="x:1",
            )
        for kind in ("accounts:person:suspend", "organs:unit:rename", "a:b:c"):
            for number, type_ in ((person.pk, "accounts.person"), (organ.pk, "organs.unit")):
                AuditEntry.objects.create(
                    kind=kind,
                    person_id=by.pk,
                    person_name=PROBE,
                    acting_as=PROBE,
                    on_behalf_of=PROBE,
                    object_type=type_,
                    object_id=number,
                    object_name=PROBE,
                    organ_path=organ.path,
                    old={"name": PROBE, PROBE: [PROBE]},
                    new={"name": PROBE},
                )
        assert place.entry
        return _poison()


def _addresses(place: Place) -> list[str]:
    found = [place.fill(route) for route in routes() if "logout" not in route]
    more = [f"{path}?q={MARK}" for path in ("/search", "/persons/", "/units/list/", "/trail/")]
    return [path for path in dict.fromkeys((*found, *more)) if not path.startswith("/live")]


def test_no_page_runs_what_the_database_holds(house: House, place: Place, poisoned: set[str]) -> None:
    assert {"Unit.name", "Person.name", "Position.title", "Substitution.reason", "Clearance.decision"} <= poisoned
    shown = 0
    for key in READERS:
        browser = Client(raise_request_exception=False)
        sign_in(browser, house.persons[key])
        for path in _addresses(place):
            with transaction.atomic():
                answer = browser.get(path)
                text = answer.getvalue().decode()
                transaction.set_rollback(True)
            assert answer.status_code < 500, (key, path)
            if "html" in answer.headers.get("Content-Type", ""):
                assert not [raw for raw in RAW if raw in text], (key, path)
                shown += MARK in text
            elif "json" in answer.headers.get("Content-Type", ""):
                json.loads(text)
    # A probe that no page shows would prove nothing.
    assert shown > 20
