"""Units from a spreadsheet."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from typing import IO, Final

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import override

from lienthong.kernel.labels import Level
from lienthong.office.core.actor import Actor
from lienthong.office.core.models import PATH_LENGTH
from lienthong.office.core.policies import Permission, may
from lienthong.office.core.sheets.tables import Head, Row, read_table
from lienthong.office.core.text import search_key
from lienthong.office.organs.actions.create import check_name
from lienthong.office.organs.imports.lines import LIMITS, Effect, Line, Report
from lienthong.office.organs.models import Kind, Unit
from lienthong.office.organs.policies import may_shape, visible
from lienthong.office.organs.profile import tables
from lienthong.profiles import load
from lienthong.profiles.base import Language, Names

HEADS: Final = (
    Head(key="code", names=("Mã", "Code", "Kennung"), required=True),
    Head(key="name", names=("Tên", "Name", "Tên đơn vị"), required=True),
    Head(key="kind", names=("Loại", "Kind", "Art")),
    Head(key="type", names=("Loại hình", "Type", "Typ")),
    Head(key="bloc", names=("Khối", "Bloc", "Block")),
    Head(key="tier", names=("Cấp", "Tier", "Ebene")),
    Head(
        key="parent",
        # The latter ones head the column in what the list of units exports.
        names=(
            "Mã đơn vị cấp trên",
            "Code of the unit above",
            "Code der Einheit darüber",
            "Trực thuộc",
            "Under",
            "Unter",
        ),
        required=True,
    ),
    Head(key="area_code", names=("Mã địa bàn", "Area code", "Gebietsschlüssel")),
    Head(key="label", names=("Độ mật", "Label", "Einstufung")),
    Head(key="since", names=("Từ ngày", "Since", "Seit")),
)
_TITLES: Final = {head.key: head for head in HEADS}
_CODE_LENGTH: Final = 40
# As long as an id can become here, with its slash.
_STEP: Final = len("1234567890/")


@dataclass(slots=True, kw_only=True)
class Wanted:
    """A row that was understood."""

    line: Line
    code: str
    name: str
    kind: Kind
    type: str
    bloc: str
    tier: str
    area_code: str
    label: Level
    since: date | None
    # The code of the unit above; "" for the top.
    parent: str
    # The unit that has the code already.
    unit: Unit | None = None
    # How long its path can become.
    length: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What an import comes to: the rows in an order in which each stands after what it stands under."""

    report: Report
    wanted: Sequence[Wanted]
    # Units that are named, by code.
    known: Mapping[str, Unit]


def understand(actor: Actor, file: IO[bytes]) -> Order:
    """Judge a spreadsheet of units, without changing anything. Needs the scope of the system.

    Raises:
        Invalid: it is no spreadsheet, or too large.
    """
    table = read_table(file, HEADS, LIMITS)
    words = _words()
    wanted = [_row(row, words) for row in table.rows]
    codes = {each.code for each in wanted} | {each.parent for each in wanted}
    known = {unit.code: unit for unit in Unit.objects.select_related("organ", "parent").filter(code__in=codes)}
    seen = set(Unit.objects.filter(visible(actor), code__in=codes).values_list("code", flat=True))
    _mark_repeated(wanted)
    by_code = {each.code: each for each in wanted}
    for each in wanted:
        each.unit = known.get(each.code)
    _mark_parents(wanted, by_code, known.keys() & seen)
    ordered = _ordered(wanted, by_code)
    for each in ordered:
        above = by_code.get(each.parent)
        _judge(actor, each, above, known.get(each.parent), hidden=each.unit is not None and each.code not in seen)
    report = Report(lines=[each.line for each in wanted], unknown=table.unknown)
    return Order(report=report, wanted=ordered, known=known)


def _words() -> dict[str, dict[str, str]]:
    """Return, per column, what may stand in it and which code that means: codes, and names in all languages."""
    profile = load(settings.LIENTHONG_PROFILE)
    found = {
        name: {search_key(text): slug for slug, names in table.items() for text in (slug, *_all(names))}
        for name, table in (("type", tables().types), ("bloc", tables().blocs), ("tier", tables().tiers))
    }
    found["kind"] = {search_key(text): kind.value for kind in Kind for text in (kind.value, *_spoken(kind.label))}
    found["label"] = {
        search_key(text): str(int(level))
        for level, term in profile.labels.items()
        for text in (level.slug, str(int(level)), *_all(term.names))
    }
    return found


def _spoken(text: Promise) -> list[str]:
    """Return a text in every language of the office."""
    found = []
    for language, _name in settings.LANGUAGES:
        with override(language):
            found.append(str(text))
    return found


def _all(names: Names) -> tuple[str, ...]:
    return tuple(names.of(language) for language in Language)


def _row(row: Row, words: Mapping[str, Mapping[str, str]]) -> Wanted:
    values, line = row.values, Line(number=row.number, subject=row.values["name"] or row.values["code"])
    chosen: dict[str, str] = {}
    for column, known in words.items():
        text = values[column]
        chosen[column] = known.get(search_key(text), "")
        if text and not chosen[column]:
            said = _("“{text}” means nothing in the column {column}.")
            line.wrong(said.format(text=text[:60], column=_TITLES[column].title))
    since = _day(values["since"], line)
    for text in check_name(values["name"]):
        line.wrong(text)
    if not values["code"] or len(values["code"]) > _CODE_LENGTH:
        line.wrong(_("A code has between 1 and {most} characters.").format(most=_CODE_LENGTH))
    return Wanted(
        line=line, code=values["code"], name=values["name"], kind=Kind(chosen["kind"] or Kind.DEPARTMENT),
        type=chosen["type"], bloc=chosen["bloc"], tier=chosen["tier"], area_code=values["area_code"][:10],
        label=Level(int(chosen["label"] or Level.INTERNAL)), since=since, parent=values["parent"],
    )  # fmt: skip


def _day(text: str, line: Line) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        line.wrong(_("“{text}” is no day: write 2025-07-01.").format(text=text[:20]))
        return None


def _mark_repeated(wanted: Iterable[Wanted]) -> None:
    first: dict[str, int] = {}
    for each in wanted:
        if each.code in first:
            each.line.wrong(
                _("The code {code} stands in row {number} too.").format(code=each.code, number=first[each.code])
            )
        else:
            first[each.code] = each.line.number


def _mark_parents(wanted: Iterable[Wanted], by_code: Mapping[str, Wanted], known: AbstractSet[str]) -> None:
    """Mark rows whose parent is nowhere to be found."""
    for each in wanted:
        if each.parent and each.parent not in by_code and each.parent not in known:
            text = _("You see no unit above with the code {code}, and it is not in this file.")
            each.line.wrong(text.format(code=each.parent[:_CODE_LENGTH]))


def _ordered(wanted: Sequence[Wanted], by_code: Mapping[str, Wanted]) -> list[Wanted]:
    """Return the rows, each after what it stands under; those that stand under themselves are marked."""
    done: dict[str, Wanted] = {}
    for each in wanted:
        line: list[Wanted] = []
        on_the_way: set[str] = set()
        step: Wanted | None = each
        while step is not None and step.code not in done and step.code not in on_the_way:
            line.append(step)
            on_the_way.add(step.code)
            step = by_code.get(step.parent)
        if step is not None and step.code in on_the_way:
            for one in line[line.index(step) :]:
                one.line.wrong(_("It stands under itself: {way}.").format(way=" → ".join(x.code for x in line[:6])))
        done |= {one.code: one for one in reversed(line)}
    return list(done.values())


def _judge(actor: Actor, each: Wanted, above: Wanted | None, parent: Unit | None, *, hidden: bool) -> None:
    """Judge a row whose parent was judged before."""
    if each.line.effect is Effect.WRONG:
        return
    if above is not None and above.unit is None and above.line.effect is Effect.WRONG:
        each.line.wrong(_("The unit above, in row {number}, is wrong.").format(number=above.line.number))
    elif hidden:
        each.line.wrong(_("The code {code} is taken.").format(code=each.code))
    elif each.unit is not None:
        _judge_known(actor, each, each.unit)
    else:
        _judge_new(actor, each, above, parent)


def _judge_known(actor: Actor, each: Wanted, unit: Unit) -> None:
    same_parent = (unit.parent.code if unit.parent else "") == each.parent
    if not same_parent:
        each.line.wrong(_("It stands elsewhere: move it on its own page."))
    elif (unit.name, unit.type) == (each.name, each.type or unit.type):
        each.line.effect = Effect.SAME
    elif unit.valid_to or not may_shape(actor, unit):
        each.line.wrong(_("You may not change this unit."))
    else:
        each.line.effect = Effect.CHANGED
        each.line.notes.append(f"{unit.name} → {each.name}")


def _judge_new(actor: Actor, each: Wanted, above: Wanted | None, parent: Unit | None) -> None:
    below_new = above is not None and above.unit is None
    if not below_new and not may(actor, Permission.UNIT_MANAGE if parent else Permission.OPERATE, parent):
        each.line.wrong(_("You may not create a unit there."))
    kind = above.kind if below_new and above else parent.kind if parent else None
    if each.kind == Kind.ORGAN and kind == Kind.DEPARTMENT:
        each.line.wrong(_("An organ cannot stand under a department: {unit}.").format(unit=each.parent))
    if each.kind == Kind.DEPARTMENT and kind is None:
        each.line.wrong(_("A department stands within an organ."))
    if parent and (parent.valid_to or (parent.valid_from and (each.since is None or each.since < parent.valid_from))):
        each.line.wrong(_("The unit above does not exist on that day."))
    each.label = max(each.label, above.label if below_new and above else parent.level if parent else each.label)
    if each.label > max(actor.clearance, Level.INTERNAL):
        each.line.wrong(_("The label is above your clearance."))
    each.length = _STEP + (above.length if below_new and above else len(parent.path) if parent else 0)
    if each.length > PATH_LENGTH:
        each.line.wrong(_("The tree would become too deep here."))
