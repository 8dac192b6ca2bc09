"""What people sign in with is shown to themselves, and to whoever is being signed in."""

from django.db import migrations

from lienthong.office.core import rls
from lienthong.office.core.rls import protect

_OWN = f"user_id = {rls.PERSON} OR {rls.SIGN_IN}"


class Migration(migrations.Migration):
    """Row-level security of allauth's tables."""

    dependencies = [
        ("accounts", "0003_acting"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("socialaccount", "0006_alter_socialaccount_extra_data"),
        ("usersessions", "0001_initial"),
    ]
    operations = [
        protect("account_emailaddress", _OWN),
        protect("mfa_authenticator", _OWN),
        protect("socialaccount_socialaccount", _OWN),
        protect("usersessions_usersession", _OWN),
    ]
