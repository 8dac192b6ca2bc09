"""The application ``operation``."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OperationConfig(AppConfig):
    """What whoever runs the office needs."""

    name = "lienthong.office.operation"
    label = "operation"

    def ready(self) -> None:
        """Stand in the navigation, watch errors, and let migrations take their time but no locks for long."""
        from django.core.signals import got_request_exception  # noqa: PLC0415 - only once the apps are there
        from django.db.models.signals import post_migrate, pre_migrate  # noqa: PLC0415 - the same

        from lienthong.office.core import rooms  # noqa: PLC0415 - the same
        from lienthong.office.operation import logs, migrations  # noqa: PLC0415 - the same

        rooms.register(
            rooms.Entry(
                key="operation",
                title=_("Operation"),
                url="/admin/",
                icon="device",
                order=910,
                shown=lambda actor: actor.operator,
            )
        )
        got_request_exception.connect(logs.record_exception, dispatch_uid="operation")
        pre_migrate.connect(migrations.be_careful, dispatch_uid="operation")
        post_migrate.connect(migrations.be_quick_again, dispatch_uid="operation")
