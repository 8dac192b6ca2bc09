"""Fill a database for the browser's office:  python -m tests.office.browser.country  (settings in the environment).

Prints a JSON object: "sessions", a key for each person, with a second factor; "units", ids of organs and a department.
"""

import json
import sys

import django

WITH_PASSWORD = (
    "official", "colleague", "administrator", "above_administrator", "security", "auditor", "operator", "suspended",
    "outsider",
)  # fmt: skip


def fill() -> dict[str, dict[str, str] | dict[str, int]]:
    """Make the tables and the country; some of its persons have the password, two have a second position.

    Returns the keys of the persons' sessions, and the ids of the organs.
    """
    from django.conf import settings  # noqa: PLC0415 - needs Django set up
    from django.core.management import call_command  # noqa: PLC0415 - as above

    from lienthong.office.accounts.models import Person  # noqa: PLC0415 - as above
    from lienthong.office.core import scope  # noqa: PLC0415 - as above
    from lienthong.office.core.actor import Role  # noqa: PLC0415 - as above
    from lienthong.office.organs.models import Succession  # noqa: PLC0415 - as above
    from tests.office.people import appoint, build, make_position  # noqa: PLC0415 - as above

    call_command("migrate", verbosity=0)
    house = build()
    for key in WITH_PASSWORD:
        house.with_password(key)
    with scope.system():
        Person.objects.update(language="vi")
        # The operator holds a position too, so as to see everything there is.
        post = make_position(house.departments["centre"], "Quản trị hệ thống", Role.ADMINISTRATOR)
        appoint(house.persons["operator"], post)
        # A predecessor that was split, to be settled.
        Succession.objects.create(
            old_code="00001", old_name="Xã Cũ", successor=house.organs["commune"], since="2025-07-01", needs_review=True
        )
        for key, title in (("official", "Văn thư"), ("administrator", "Tổ trưởng")):
            appoint(house.persons[key], make_position(house.departments["province"], title), main=False)
    sessions = {key: house.client(key).cookies[settings.SESSION_COOKIE_NAME].value for key in house.persons}
    units = {key: unit.pk for key, unit in house.organs.items()} | {"office": house.departments["province"].pk}
    return {"sessions": sessions, "units": units}


if __name__ == "__main__":
    django.setup()
    json.dump(fill(), sys.stdout)
