"""Django's admin, for whoever operates the installation and nobody else: what runs in the background.

Nothing of any organ stands here, and nothing can be changed. What a job was given is not shown: it may name persons.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, cast

from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinatePeriodicDefer, ProcrastinateWorker

from lienthong.office.core.actor import Actor
from lienthong.office.core.policies import Permission, may

if TYPE_CHECKING:
    # The stubs know it as generic, Django does not.
    _ModelAdmin = ModelAdmin[Any]
else:
    _ModelAdmin = ModelAdmin


class OperatorSite(AdminSite):
    """The admin with the office's own way of signing in."""

    site_title = _("Operation")
    site_header = _("Operation of Liên thông")
    index_title = _("Background work")
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        """Tell whether somebody operates this installation, as they act now."""
        actor: Actor | None = getattr(request, "actor", None)
        return actor is not None and may(actor, Permission.OPERATE)

    def admin_view[View: Callable[..., Any]](self, view: View, cacheable: bool = False) -> View:  # noqa: FBT001, FBT002 - Django's signature
        """Let strangers sign in first, and refuse everybody else."""
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **options: Any) -> HttpResponseBase:  # noqa: ANN401 - a view's
            if self.has_permission(request):
                answer: HttpResponseBase = inner(request, *args, **options)
                return answer
            if getattr(request, "actor", None) is None:
                return redirect_to_login(request.get_full_path())
            raise PermissionDenied

        return cast("View", guarded)

    def get_urls(self) -> list[Any]:
        """Return the pages, without a second way to sign in or out or to change a password."""
        return [
            path("", self.admin_view(self.index), name="index"),
            path("jsi18n/", self.admin_view(self.i18n_javascript, cacheable=True), name="jsi18n"),
            path("logout/", leave, name="logout"),
            path("password/", self.admin_view(change_password), name="password_change"),
            *(
                path(f"procrastinate/{_slug(model)}/", self.admin_view(page.changelist_view), name=_name(model))
                for model, page in self._registry.items()
            ),
            path("<str:app_label>/", self.admin_view(self.app_index), name="app_list"),
        ]


class Shown(_ModelAdmin):
    """A table to look at: no page of a single row, nothing to add, change or delete."""

    list_display_links = None
    list_per_page = 50
    show_full_result_count = False
    actions = None

    def get_urls(self) -> list[URLPattern]:
        """Return none: the site has the address of the list."""
        return []

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse."""
        del request
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse."""
        del request, obj
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse."""
        del request, obj
        return False


class Jobs(Shown):
    """What was, is and will be done in the background."""

    list_display = ("id", "task_name", "queue_name", "status", "attempts", "scheduled_at")
    # Django's filters at the side have targets smaller than WCAG 2.2 asks for; the search finds the same.
    search_fields = ("task_name", "status", "queue_name")
    ordering = ("-id",)


class Workers(Shown):
    """The processes that do it."""

    list_display = ("id", "last_heartbeat")


class Periodic(Shown):
    """What is done again and again."""

    list_display = ("id", "task_name", "periodic_id", "defer_timestamp")
    ordering = ("-id",)


def leave(request: HttpRequest) -> HttpResponse:
    """Lead to where one signs out."""
    del request
    return redirect("account_logout")


def change_password(request: HttpRequest) -> HttpResponse:
    """Lead to where one changes the password."""
    del request
    return redirect("account_change_password")


def _slug(model: type[Model]) -> str:
    return str(model._meta.model_name)  # noqa: SLF001 - Django's public name


def _name(model: type[Model]) -> str:
    return f"{model._meta.app_label}_{_slug(model)}_changelist"  # noqa: SLF001 - Django's public name


SITE: Final = OperatorSite()
SITE.register(ProcrastinateJob, Jobs)
SITE.register(ProcrastinateWorker, Workers)
SITE.register(ProcrastinatePeriodicDefer, Periodic)
