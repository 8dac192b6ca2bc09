"""Forms about work files. Each has the fields named here and no others, whatever is sent."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lienthong.kernel.labels import Level
from lienthong.office.core.actor import Actor
from lienthong.office.core.templatetags.look import level_name
from lienthong.office.records import profile
from lienthong.office.records.actions.contents import MOST_PAGES
from lienthong.office.records.actions.covers import Cover
from lienthong.office.records.models import WorkFile
from lienthong.office.records.models.workfile import NOTE_LENGTH, TITLE_LENGTH
from lienthong.office.records.selectors import choices
from lienthong.office.records.selectors.files import expired
from lienthong.office.records.states import Mode


def _long(label: Any, help_text: Any = "", *, required: bool = True) -> forms.CharField:  # noqa: ANN401 - a text or a lazy one
    return forms.CharField(
        label=label, help_text=help_text, required=required, max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


def _years(text: str) -> int | None:
    return int(text) if text else None


class CoverForm(forms.Form):
    """What is written on a cover."""

    title = forms.CharField(
        label=_("File title"), max_length=TITLE_LENGTH, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The piece of work: what about, by whom, of which time."),
    )  # fmt: skip
    retention = forms.TypedChoiceField(label=_("Kept for"), coerce=_years, empty_value=None, required=False)
    retention_reason = forms.CharField(
        label=_("Basis of the term"), max_length=TITLE_LENGTH, help_text=_("Such as the line of your organ's list.")
    )
    label = forms.TypedChoiceField(
        label=_("Level"), coerce=lambda text: Level(int(text)), initial=int(Level.INTERNAL),
        help_text=_("It rises by itself to that of the highest document in the file."),
    )  # fmt: skip
    mode = forms.TypedChoiceField(
        label=_("Access"), choices=Mode.choices, coerce=Mode, initial=Mode.RESTRICTED,
        help_text=_("Who finds the file itself. Its documents are read by those who work on it, as far as cleared."),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, actor: Actor, **more: Any) -> None:  # noqa: ANN401 - as Django has it
        """Offer terms, and the levels that the actor is cleared for."""
        super().__init__(data, **more)
        offered = {
            "retention": profile.terms(),
            "label": [(int(level), level_name(level)) for level in Level if level <= actor.ceiling],
        }
        for name, pairs in offered.items():
            self.fields[name].choices = pairs  # type: ignore[attr-defined]  # both are fields to choose from

    def cover(self) -> Cover:
        """Return what was given."""
        return Cover(**{name: self.cleaned_data[name] for name in CoverForm.base_fields})


class FileForm(forms.Form):
    """What is common: who fills it in, and which file."""

    def __init__(self, data: Any = None, *, actor: Actor, file: WorkFile, **more: Any) -> None:  # noqa: ANN401 - as Django has it
        """Fill in what stands in the fields at first, and what there is to choose from."""
        self.actor, self.file = actor, file
        super().__init__(data, initial=self.present() | more.pop("initial", {}), **more)
        self.offer()

    def present(self) -> dict[str, Any]:
        """Return what stands in the fields at first."""
        return {}

    def offer(self) -> None:
        """Fill in what there is to choose from."""

    def _choose(self, name: str, pairs: Any) -> None:  # noqa: ANN401 - whatever a field takes
        self.fields[name].choices = pairs  # type: ignore[attr-defined]  # a field to choose from


class EditForm(CoverForm):
    """The cover of a file that is there, as it was shown."""

    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, data: Any = None, *, actor: Actor, file: WorkFile) -> None:  # noqa: ANN401 - as Django has it
        """Fill in what is on it."""
        term = "" if file.retention is None else str(file.retention)
        initial = {name: getattr(file, name) for name in CoverForm.base_fields} | {"retention": term}
        super().__init__(data, actor=actor, initial=initial | {"revision": file.revision})


class ShareForm(FileForm):
    """Who works on a file besides its maker."""

    writers = forms.TypedMultipleChoiceField(
        label=_("Add documents and take them out"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    readers = forms.TypedMultipleChoiceField(
        label=_("Read it"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("A department stands for all who hold a position in it. Documents open up to one's clearance."),
    )  # fmt: skip

    def present(self) -> dict[str, Any]:
        """Return who does so now."""
        return {name: choices.holders(self.file, writes=name == "writers") for name in ("writers", "readers")}

    def offer(self) -> None:
        """Offer colleagues and departments."""
        people = choices.colleagues(self.file)
        self._choose("writers", people)
        self._choose("readers", [*choices.units(self.file), *people])


class HandOverForm(FileForm):
    """To whom."""

    to = forms.TypedChoiceField(label=_("To"), coerce=int, help_text=_("The file is theirs once they take it over."))

    def offer(self) -> None:
        """Offer colleagues."""
        self._choose("to", choices.colleagues(self.file))


class NoForm(FileForm):
    """A deed that needs no words."""


class ReasonForm(FileForm):
    """A deed and why."""

    reason = _long(_("Reason"))


class CloseForm(FileForm):
    """Why a file is closed, where that needs saying."""

    reason = _long(
        _("Reason"), _("Needed where the file is empty, or a document in it is not completed."), required=False
    )


class LiftForm(FileForm):
    """Which hold, and why it is over."""

    hold = forms.TypedChoiceField(label=_("Hold"), coerce=int)
    reason = _long(_("Reason"))

    def offer(self) -> None:
        """Offer the holds on the file."""
        self._choose("hold", choices.open_holds(self.file))


class PagesForm(FileForm):
    """How many pages a document has as it lies in the file."""

    pages = forms.IntegerField(label=_("Pages"), min_value=0, max_value=MOST_PAGES)


class AddForm(FileForm):
    """Which documents."""

    documents = forms.TypedMultipleChoiceField(label=_("Documents"), coerce=int, widget=forms.CheckboxSelectMultiple)

    def __init__(self, data: Any = None, *, text: str = "", **more: Any) -> None:  # noqa: ANN401 - as Django has it
        """Offer what is found by a text."""
        self.found = choices.documents(more["actor"], more["file"], text)
        super().__init__(data, **more)

    def offer(self) -> None:
        """Offer what was found."""
        self._choose("documents", [(one.pk, " · ".join(filter(None, (one.number, one.subject)))) for one in self.found])


class ProposeForm(forms.Form):
    """Which files, and on what the disposal rests."""

    reason = _long(_("Basis of the disposal"), _("Number and date of the decision or of the assessment."))
    chosen = forms.TypedMultipleChoiceField(label=_("Work files"), coerce=int, widget=forms.CheckboxSelectMultiple)

    def __init__(self, data: Any = None, *, actor: Actor) -> None:  # noqa: ANN401 - as Django has it
        """Offer the files whose term has ended."""
        super().__init__(data)
        found = expired(actor).order_by("keep_until", "pk")[: choices.MOST]
        pairs = [(one.pk, f"{one.code} · {one.title}") for one in found]
        self.fields["chosen"].choices = pairs  # type: ignore[attr-defined]  # a field to choose from


class RefuseForm(forms.Form):
    """Why a disposal is refused."""

    reason = _long(_("Reason"))
