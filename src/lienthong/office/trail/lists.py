"""The list of entries, as core.lists shows it."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lienthong.kernel.labels import Level
from lienthong.office.core.lists.columns import Column
from lienthong.office.core.lists.filters import Choice, ChoiceFilter, DateFilter, TextFilter, level_filter
from lienthong.office.core.lists.pages import ListPage
from lienthong.office.core.templatetags.look import level_name
from lienthong.office.trail import kinds, selectors


def _kinds() -> list[Choice]:
    return [Choice(slug=kind, title=text, value=kind) for kind, text in kinds.choices()]


def _level(value: int) -> str:
    return str(level_name(Level(value)))


def _concerning(text: str) -> Q:
    return selectors.concerning(text)


TRAIL = ListPage(
    name="trail",
    title=_("Audit trail"),
    rows=selectors.trail,
    url="/trail/",
    columns=(
        Column(key="at", title=_("When"), fields=("at",), sort=("id",)),
        Column(key="who", title=_("Who"), fields=("person_name",)),
        Column(key="what", title=_("What was done"), fields=("kind",), value=kinds.text_of),
        Column(key="object", title=_("To what"), fields=("object_name",)),
        Column(key="as", title=_("Acting as"), fields=("acting_as",), wide_only=True),
        Column(key="behalf", title=_("On behalf of"), fields=("on_behalf_of",), wide_only=True),
        Column(key="from", title=_("From the address"), fields=("address",), wide_only=True),
        Column(key="label", title=_("Label"), fields=("label",), value=_level, wide_only=True),
    ),
    filters=(
        TextFilter(key="q", title=_("Person or unit: name, mail address or code"), where=_concerning),
        # Not counted: on a trail of millions the counts of all kinds would take longer than anybody waits.
        ChoiceFilter(key="kind", title=_("What was done"), column="kind", choices=_kinds, counted=False),
        DateFilter(key="day", title_from=_("From"), title_to=_("Until"), column="at", moment=True),
        level_filter(),
    ),
    sort="-at",
    empty_title=_("No entries"),
    empty_text=_("Auditors see what is done in their organ and below; everybody sees their own deeds."),
)
