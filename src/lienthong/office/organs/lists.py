"""The list of units."""

from django.db.models import Q, QuerySet
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from lienthong.kernel.labels import Level
from lienthong.office.core.actor import Actor
from lienthong.office.core.compiled import Reader
from lienthong.office.core.lists.columns import Column, named, written
from lienthong.office.core.lists.filters import Choice, ChoiceFilter, TextFilter, choices_of, contains, level_filter
from lienthong.office.core.lists.pages import ListPage
from lienthong.office.core.templatetags.look import label
from lienthong.office.organs import profile, selectors
from lienthong.office.organs.models import Kind, Unit

_KINDS = named(dict(Kind.choices))


def _of_today(actor: Actor | Reader) -> QuerySet[Unit]:
    """Return the units that exist today, as far as the actor sees them."""
    return selectors.units(actor).filter(selectors.in_force(localdate()))


def _found(text: str) -> Q:
    return contains("search_key")(text) | Q(code__istartswith=text)


def _name(name: str, level: int) -> str:
    del level
    return name


def _marked(name: str, level: int) -> SafeString:
    """Return a name with its label, where that says anything."""
    return format_html("{} {}", name, label(level)) if level >= Level.CONFIDENTIAL else written(name)


def _blocs() -> list[Choice]:
    return [Choice(slug=slug, title=profile.bloc_name(slug), value=slug) for slug in profile.tables().blocs]


def _tiers() -> list[Choice]:
    return [Choice(slug=slug, title=profile.tier_name(slug), value=slug) for slug in profile.tables().tiers]


def _types() -> list[Choice]:
    return [Choice(slug=slug, title=profile.type_name(slug), value=slug) for slug in profile.tables().types]


def _code(code: str | None, name: str | None) -> str:
    """Return what an export says of the unit above, so that an import understands it."""
    del name
    return code or ""


def _above(code: str | None, name: str | None) -> SafeString:
    """Return what the page says of it."""
    del code
    return written(name or "")


UNITS = ListPage(
    name="units",
    title=_("Units"),
    rows=_of_today,
    kept=True,
    url="/units/",
    columns=(
        Column(key="name", title=_("Name"), fields=("name", "label"), value=_name, html=_marked, sort=("sort_key",)),
        Column(key="code", title=_("Code"), fields=("code",), sort=("code",)),
        Column(
            key="kind", title=_("Kind"), fields=("kind",), value=named(dict(Kind.choices)), sort=("kind", "sort_key")
        ),
        Column(key="type", title=_("Type"), fields=("type",), value=profile.type_name, sort=("type", "sort_key")),
        Column(
            key="under",
            title=_("Under"),
            fields=("parent__code", "parent__name"),
            value=_code,
            html=_above,
            sort=("path",),
            wide_only=True,
        ),
        Column(key="tier", title=_("Tier"), fields=("tier",), value=profile.tier_name, wide_only=True),
        Column(key="bloc", title=_("Bloc"), fields=("bloc",), value=profile.bloc_name, wide_only=True),
        Column(key="since", title=_("Since"), fields=("valid_from",), sort=("valid_from", "sort_key"), wide_only=True),
    ),
    filters=(
        TextFilter(key="q", title=_("Name or code"), where=_found),
        ChoiceFilter(key="kind", title=_("Kind"), column="kind", choices=choices_of(Kind.choices)),
        ChoiceFilter(key="bloc", title=_("Bloc"), column="bloc", choices=_blocs),
        ChoiceFilter(key="tier", title=_("Tier"), column="tier", choices=_tiers),
        ChoiceFilter(key="type", title=_("Type"), column="type", choices=_types),
        level_filter(),
    ),
    sort="name",
)


def _old(text: str) -> Q:
    return Q(old_name__icontains=text) | Q(old_code__startswith=text) | contains("successor__search_key")(text)


def _old_name(name: str, code: str) -> str:
    return name or code


REVIEWS = ListPage(
    name="successions",
    title=_("Predecessors to be settled"),
    rows=selectors.to_review,
    url="/units/successions/",
    columns=(
        Column(key="old", title=_("Name"), fields=("old_name", "old_code"), value=_old_name, sort=("old_name",)),
        Column(key="code", title=_("Code"), fields=("old_code",), sort=("old_code",)),
        Column(key="unit", title=_("Went into"), fields=("successor__name",), sort=("successor__sort_key",)),
        Column(key="since", title=_("Since"), fields=("since",), sort=("since",)),
    ),
    filters=(TextFilter(key="q", title=_("Name or code"), where=_old),),
    sort="unit",
    path="successor__organ_path",
    empty_title=_("Everything is settled"),
    empty_text=_("Where a predecessor was split, it appears here until somebody says where its parts lie."),
)
