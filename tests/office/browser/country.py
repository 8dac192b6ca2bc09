"""Fill a database for the browser's office:  python -m tests.office.browser.country  (settings in the environment).

Prints a JSON object: "sessions", a key for each person, with a second factor; "units", ids of organs and a department;
"addresses", for each one that something can be read at, its route and a path that leads to something real; "files",
where files of each kind are shown, to the one who is cleared.
"""

import json
import sys
import time
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from tests.office.people import House

WITH_PASSWORD = (
    "official", "colleague", "administrator", "above_administrator", "security", "auditor", "operator", "suspended",
    "outsider", "leader",
)  # fmt: skip


# The password was typed long ago.
STALE = "stale"


# What no file may do to whoever looks at it.
_SCRIPT = "<{tag} onload='document.title=1'><script>document.title=1</script><img src=x onerror='document.title=1'>"


def fill() -> dict[str, dict[str, str] | dict[str, int]]:
    """Make the tables and the country; some of its persons have the password, two have a second position.

    Returns the keys of the persons' sessions, the ids of the organs, and the addresses.
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
    _second_steps(house)
    sessions = {key: house.client(key).cookies[settings.SESSION_COOKIE_NAME].value for key in house.persons}
    units = {key: unit.pk for key, unit in house.organs.items()} | {"office": house.departments["province"].pk}
    sessions[STALE] = _stale_session(house)
    papers, working = _papers(house)
    addresses = _addresses(house)
    return {
        "sessions": sessions | working | _stewards(house),
        "units": units,
        "addresses": addresses | papers,
        "files": _files(house),
    }


def _papers(house: "House") -> tuple[dict[str, str], dict[str, str]]:
    """Return for each deed the page of a document in whose state it is offered, and sessions of those who may."""
    from django.conf import settings  # noqa: PLC0415 - needs Django set up
    from django.test import Client  # noqa: PLC0415 - as above

    from lienthong.office.documents.actions.approval import submit  # noqa: PLC0415 - as above
    from lienthong.office.documents.actions.assigning import Orders, assign  # noqa: PLC0415 - as above
    from lienthong.office.documents.actions.issuing import issue  # noqa: PLC0415 - as above
    from lienthong.office.documents.actions.recalling import asked_back  # noqa: PLC0415 - as above
    from lienthong.office.documents.actions.receiving import accept  # noqa: PLC0415 - as above
    from tests.office.documents.bureau import open_bureau  # noqa: PLC0415 - as above
    from tests.office.documents.packets.partners import open_partners  # noqa: PLC0415 - as above
    from tests.office.people import sign_in  # noqa: PLC0415 - as above

    bureau = open_bureau(house)
    submitted = bureau.with_file(bureau.draft())
    submit(actor=bureau.actor("writer"), document=submitted, chain=bureau.chain, seen=submitted.revision)
    arrived, accepted, assigned, wanted = (bureau.arrived(subject=f"Công văn {number}") for number in range(1, 5))
    for document in (accepted, assigned, wanted):
        accept(actor=bureau.actor("clerk"), document=document)
    issued = bureau.signed()
    issue(actor=bureau.actor("clerk"), document=issued)
    # With an organ without this office, for which packets are made.
    open_partners(bureau)
    doer = bureau.actor("doer").appointment_id
    assert doer
    assign(actor=bureau.actor("signer"), document=assigned, orders=Orders(lead=doer))
    asked_back(organ_id=house.organs["province"].pk, uid=wanted.uid, author_code="T.centre", reason="Nhầm")
    states = {
        submitted: ("approve", "return"), bureau.approved(): ("sign",), bureau.signed(): ("issue",),
        issued: ("dispatch", "recall", "replace", "packet"), arrived: ("accept", "refuse"),
        accepted: ("assign",), assigned: ("start", "complete"), wanted: ("agree-recall", "refuse-recall"),
    }  # fmt: skip
    pages = {
        f"documents/<int:number>/{deed}/": f"/documents/{document.pk}/{deed}/"
        for document, deeds in states.items() for deed in deeds
    }  # fmt: skip
    sessions = {}
    for key in ("reviewer", "signer", "clerk", "doer"):
        client = Client()
        sign_in(client, bureau.people[key])
        sessions[key] = client.cookies[settings.SESSION_COOKIE_NAME].value
    return pages, sessions


def _stewards(house: "House") -> dict[str, str]:
    """Fill the registry of members; return sessions of those who answer for it."""
    from django.conf import settings  # noqa: PLC0415 - needs Django set up
    from django.test import Client  # noqa: PLC0415 - as above

    from lienthong.office.core import scope  # noqa: PLC0415 - as above
    from tests.office.members.registry import open_registry  # noqa: PLC0415 - as above
    from tests.office.people import sign_in  # noqa: PLC0415 - as above

    sessions = {}
    for key, person in open_registry(house).stewards.items():
        client = Client()
        with scope.system():
            person.language = "vi"
            person.save(update_fields=["language"])
        sign_in(client, person)
        sessions[key] = client.cookies[settings.SESSION_COOKIE_NAME].value
    return sessions


def _files(house: "House") -> dict[str, str]:
    """Write a secret draft with files of each kind; return where they are shown, by their names."""
    from lienthong.kernel.labels import Level  # noqa: PLC0415 - needs Django set up
    from lienthong.office.documents.actions.drafts import Draft, create_draft  # noqa: PLC0415 - as above
    from lienthong.office.documents.actions.files import add_file  # noqa: PLC0415 - as above
    from lienthong.office.documents.models import File  # noqa: PLC0415 - as above
    from tests.support.pages import PNG, pdf  # noqa: PLC0415 - as above

    author = house.actor("cleared")
    wanted = Draft(type="ke-hoach", subject="Kế hoạch mật", label=Level.SECRET)
    draft = create_draft(actor=author, draft=wanted)
    contents = {
        "long.pdf": pdf(pages=40, ballast=300_000),
        "locked.pdf": pdf(encrypt="mật khẩu"),
        "broken.pdf": b"%PDF-1.7\n1 0 obj\n<<",
        "image.png": PNG,
        "text.txt": "<b>ế ộ ữ</b>".encode(),
        "lines.txt": "dòng\n".encode() * 1_000,
        "page.html": _SCRIPT.format(tag="html").encode(),
        "drawing.svg": _SCRIPT.format(tag="svg xmlns='http://www.w3.org/2000/svg'").encode(),
        "script.txt": _SCRIPT.format(tag="html").encode(),
        "else.bin": b"\0\1",
    }
    return {
        name: f"/documents/{draft.pk}/files/{file.pk}/view/"
        for name, content in contents.items()
        for file in [add_file(actor=author, document=draft, role=File.Role.APPENDIX, name=name, chunks=[content])]
    }


def _stale_session(house: "House") -> str:
    from django.conf import settings  # noqa: PLC0415 - needs Django set up

    client = house.client("leader")
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time() - 86_400}]
    session.save()
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _addresses(house: "House") -> dict[str, str]:
    """Return a path for each route; what the matrix's places lack is written."""
    from django.contrib.auth.tokens import default_token_generator  # noqa: PLC0415 - needs Django set up

    from lienthong.office.accounts.actions.invitations import new_token, open_invitation  # noqa: PLC0415 - as above
    from lienthong.office.core import scope  # noqa: PLC0415 - as above
    from lienthong.office.organs.models import Succession  # noqa: PLC0415 - as above
    from tests.office.addresses import place_of, routes  # noqa: PLC0415 - as above

    place = place_of(house)
    with scope.system():
        review = Succession.objects.get(needs_review=True).pk
        made = new_token(open_invitation(house.persons["invited"]).pk)
    assert made
    reset = default_token_generator.make_token(house.person("outsider"))
    real = {
        "account/invitation/": f"/account/invitation/{made[1]}/",
        r"account/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$":
            f"/account/password/reset/key/{_base36(house.persons['outsider'].pk)}-{reset}/",
        "units/successions/<int:number>/": f"/units/successions/{review}/",
        "persons/<int:person_id>/invite-again/": f"/persons/{house.persons['invited'].pk}/invite-again/",
        "persons/<int:person_id>/reactivate/": f"/persons/{house.persons['suspended'].pk}/reactivate/",
        "api/^.*\\Z": "/api/nothing",
    } | _lists(house)  # fmt: skip
    return {route: real.get(route) or place.fill(route) for route in routes()}


def _base36(number: int) -> str:
    from django.utils.http import int_to_base36  # noqa: PLC0415 - needs Django set up

    return int_to_base36(number)


def _second_steps(house: "House") -> None:
    """Give the leader codes of an app, and codes for emergencies."""
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes  # noqa: PLC0415 - needs Django set up
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret  # noqa: PLC0415 - as above

    from lienthong.office.core import scope  # noqa: PLC0415 - as above

    with scope.system():
        TOTP.activate(house.persons["leader"], generate_totp_secret())
        RecoveryCodes.activate(house.persons["leader"])


def _lists(house: "House") -> dict[str, str]:
    """Bring a list of persons and one of units, with something wrong in each; return where they are shown."""
    from lienthong.office.accounts.actions.imports import check_import, upload_import  # noqa: PLC0415 - needs Django
    from lienthong.office.core import scope  # noqa: PLC0415 - as above
    from lienthong.office.organs.actions.imports import keep_upload  # noqa: PLC0415 - as above

    actor = house.actor("administrator")
    persons = "name;email;organ\nNgười dùng 90;new@test.invalid;T.province\nNgười dùng 91;wrong;T.province\n"
    units = "code,name,parent\nT.new,Phòng Mới,T.province\nT.other,Phòng Khác,T.nowhere\n"
    with scope.system():
        brought = upload_import(actor=actor, name="persons.csv", content=persons.encode())
        check_import(brought.pk)
        kept = keep_upload(actor=actor, subject="units", name="units.csv", content=units.encode())
    return {
        "persons/import/<int:import_id>/": f"/persons/import/{brought.pk}/",
        "units/import/<int:number>/": f"/units/import/{kept.pk}/",
    }


if __name__ == "__main__":
    django.setup()
    json.dump(fill(), sys.stdout)
