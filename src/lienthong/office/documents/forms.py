"""Forms about documents. Each has the fields named here and no others, whatever is sent."""

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from lienthong.kernel.labels import Level
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Invalid
from lienthong.office.core.templatetags.look import level_name
from lienthong.office.documents import profile
from lienthong.office.documents.actions.assigning import Orders
from lienthong.office.documents.actions.drafts import Draft
from lienthong.office.documents.models import Chain, Document, File
from lienthong.office.documents.models.document import NAME_LENGTH, NOTE_LENGTH, SUBJECT_LENGTH
from lienthong.office.documents.selectors import choices, receivers


def _day(label: Any, help_text: Any = "", *, required: bool = True) -> forms.DateField:  # noqa: ANN401 - a text or a lazy one
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, help_text=help_text, required=required, widget=widget)


def _long(label: Any, help_text: Any = "", *, required: bool = True) -> forms.CharField:  # noqa: ANN401 - the same
    return forms.CharField(
        label=label, help_text=help_text, required=required, max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


class DocumentForm(forms.Form):
    """What is common: who fills it in, and which document as it was shown."""

    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, data: Any = None, *, actor: Actor, document: Document, **more: Any) -> None:  # noqa: ANN401 - as Django has it
        """Fill in the state."""
        self.actor, self.document = actor, document
        initial = {"revision": document.revision} | self.present() | more.pop("initial", {})
        super().__init__(data, initial=initial, **more)
        self.offer()

    def present(self) -> dict[str, Any]:
        """Return what stands in the fields at first."""
        return {}

    def offer(self) -> None:
        """Fill in what there is to choose from."""


class DraftFields(forms.Form):
    """What a draft says of itself."""

    type = forms.ChoiceField(label=_("Type of document"))
    subject = forms.CharField(
        label=_("Abstract"), max_length=SUBJECT_LENGTH, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("What it is about, in one sentence."),
    )  # fmt: skip
    label = forms.TypedChoiceField(label=_("Level"), coerce=lambda text: Level(int(text)))
    urgency = forms.ChoiceField(label=_("Urgency"))
    place = forms.CharField(label=_("Place"), max_length=NAME_LENGTH, required=False)
    due = _day(_("Answer by"), required=False)
    note = _long(_("Notes"), required=False)

    def draft(self) -> Draft:
        """Return what was given."""
        facts = self.cleaned_data
        return Draft(**{name: facts[name] for name in DraftFields.base_fields})

    def choose(self, actor: Actor) -> None:
        """Offer types, urgencies, and the levels that the actor is cleared for."""
        highest = actor.clearance if actor.opens_top_secret else min(actor.clearance, Level.SECRET)
        offered: dict[str, list[tuple[Any, str]]] = {
            "type": [(slug, profile.type_name(slug)) for slug in profile.types()],
            "urgency": [(slug, profile.urgency_name(slug)) for slug in profile.urgencies()],
            "label": [(int(level), level_name(level)) for level in Level if level <= highest],
        }
        for name, pairs in offered.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared so above
            field.choices = pairs


class NewDraftForm(DraftFields):
    """A draft that is begun: once, however often the same form is sent."""

    uid = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid4)

    def __init__(self, data: Any = None, *, actor: Actor, **more: Any) -> None:  # noqa: ANN401 - as Django has it
        """Offer what the actor may choose."""
        super().__init__(data, initial={"label": int(Level.INTERNAL), **more.pop("initial", {})}, **more)
        self.choose(actor)


class EditForm(DocumentForm, DraftFields):
    """A draft that is changed."""

    def present(self) -> dict[str, Any]:
        """Return the draft as it is."""
        return {name: getattr(self.document, name) for name in DraftFields.base_fields}

    def offer(self) -> None:
        """Offer what the actor may choose."""
        self.choose(self.actor)


class NoForm(DocumentForm):
    """A deed that needs no words."""


class ReasonForm(DocumentForm):
    """A deed and why."""

    reason = _long(_("Reason"))


class RemarkForm(DocumentForm):
    """A deed, and a word if one likes."""

    remark = _long(_("Remark"), required=False)


class ResultForm(DocumentForm):
    """What came of it."""

    result = _long(_("Result"), required=False)


class SubmitForm(DocumentForm):
    """Along which chain."""

    chain = forms.ModelChoiceField(label=_("Chain"), queryset=Chain.objects.none(), empty_label=None)

    def offer(self) -> None:
        """Offer the chains that the organ configured for such a document."""
        self.fields["chain"].queryset = choices.chains(self.document)  # type: ignore[attr-defined]  # of this field


class ShareForm(DocumentForm):
    """Who else may write."""

    writers = forms.TypedMultipleChoiceField(
        label=_("Who may write"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )

    def present(self) -> dict[str, Any]:
        """Return who may write now."""
        return {"writers": choices.writers(self.document)}

    def offer(self) -> None:
        """Offer cleared colleagues."""
        self.fields["writers"].choices = choices.colleagues(self.document)  # type: ignore[attr-defined]  # of this field


class IssueForm(DocumentForm):
    """The date it bears, and which number."""

    day = _day(_("Date"))
    reserved = forms.TypedChoiceField(
        label=_("Number"), coerce=int, required=False, empty_value=None,
        help_text=_("The next one of the register, or one that was kept."),
    )  # fmt: skip
    reason = _long(_("Why it is dated back"), _("Only where the date lies in the past."), required=False)

    def present(self) -> dict[str, Any]:
        """Return today."""
        return {"day": localdate()}

    def offer(self) -> None:
        """Offer the numbers that were kept."""
        self.fields["reserved"].choices = choices.reserved(self.document)  # type: ignore[attr-defined]  # of this field


class SignForm(DocumentForm):
    """With which key, and where it is seen."""

    key = forms.ChoiceField(label=_("Key"), widget=forms.RadioSelect)
    own = forms.FileField(
        label=_("Your own key"), required=False, help_text=_("A PKCS #12 file (.p12, .pfx). It is kept nowhere.")
    )
    passphrase = forms.CharField(
        label=_("Passphrase of your own key"), required=False, strip=False, max_length=NAME_LENGTH,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    visible = forms.BooleanField(label=_("Show a stamp on the paper"), required=False, initial=True)
    page = forms.IntegerField(
        label=_("Page of the stamp"), initial=-1, min_value=-9999, max_value=9999,
        help_text=_("From 1; from the end if negative: -1 is the last one."),
    )  # fmt: skip
    left = forms.FloatField(label=_("From the left, in points"), initial=320, min_value=0, max_value=5000)
    bottom = forms.FloatField(label=_("From below, in points"), initial=90, min_value=0, max_value=5000)

    def offer(self) -> None:
        """Offer the keys that are kept for the organ and the person."""
        offered = choices.keys(self.actor, self.document)
        self.fields["key"].choices = offered  # type: ignore[attr-defined]  # of this field
        self.initial.setdefault("key", offered[0][0])

    def clean(self) -> dict[str, Any]:
        """Ask for the file where one's own key is chosen."""
        facts = super().clean() or self.cleaned_data
        if facts.get("key") == choices.OWN_KEY and not facts.get("own"):
            self.add_error("own", _("Choose the file with your key."))
        return facts


class AcceptForm(DocumentForm):
    """For which day it is entered, and by when it is to be dealt with."""

    day = _day(_("Entered on"))
    due = _day(_("To be dealt with by"), required=False)
    reason = _long(_("Why it is entered for an earlier day"), _("Only where the day lies in the past."), required=False)

    def present(self) -> dict[str, Any]:
        """Return today, and what the sender asks for."""
        return {"day": localdate(), "due": self.document.due}


class AssignForm(DocumentForm):
    """Who is to do it."""

    lead = forms.TypedChoiceField(label=_("Leads"), coerce=int)
    supports = forms.TypedMultipleChoiceField(
        label=_("Support"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    due = _day(_("Due"), required=False)
    instruction = _long(_("Instruction"), required=False)

    def present(self) -> dict[str, Any]:
        """Return by when it is due."""
        return {"due": self.document.due}

    def offer(self) -> None:
        """Offer units and cleared officials of the organ."""
        offered = choices.assignable(self.document)
        self.fields["lead"].choices = [("", "—"), *offered]  # type: ignore[attr-defined]  # of this field
        self.fields["supports"].choices = offered  # type: ignore[attr-defined]  # of this field

    def orders(self) -> Orders:
        """Return what was given."""
        facts = self.cleaned_data
        return Orders(
            lead=facts["lead"], supports=frozenset(facts["supports"]), due=facts["due"],
            instruction=facts["instruction"],
        )  # fmt: skip


class FileForm(DocumentForm):
    """A file that is brought."""

    role = forms.ChoiceField(label=_("What it is"), choices=File.Role.choices, widget=forms.RadioSelect)
    file = forms.FileField(label=_("File"), max_length=NAME_LENGTH)

    def present(self) -> dict[str, Any]:
        """Return what it most likely is: the main file, until there is one."""
        return {"role": File.Role.APPENDIX if choices.has_main_file(self.document) else File.Role.MAIN}


class DispatchForm(DocumentForm):
    """Whom it goes to."""

    audience = forms.ChoiceField(label=_("To whom"), widget=forms.RadioSelect)
    organs = forms.CharField(
        label=_("Organs"), required=False, max_length=100_000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Codes or names, one in a line; only where single organs are chosen."),
    )  # fmt: skip

    def offer(self) -> None:
        """Offer what the exchange can address from here."""
        offered = receivers.offered(self.document)
        self.fields["audience"].choices = offered  # type: ignore[attr-defined]  # of this field
        self.initial.setdefault("audience", offered[0][0])

    def clean(self) -> dict[str, Any]:
        """Find the organs that are named."""
        facts = super().clean() or self.cleaned_data
        if "audience" in facts:
            try:
                facts["to"] = receivers.audience(self.document, facts["audience"], facts.get("organs", ""))
            except Invalid as error:
                self.add_error("organs" if facts["audience"] == receivers.NAMED else "audience", error.where)
        return facts


class ReplaceForm(DocumentForm):
    """What replaces it."""

    by = forms.CharField(
        label=_("Number of the document that replaces it"), max_length=80,
        help_text=_("Issued by this organ, such as 385-QĐ/TW."),
    )  # fmt: skip


class CommentForm(DocumentForm):
    """A remark."""

    text = _long(_("Remark"))
