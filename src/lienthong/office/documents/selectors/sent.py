"""Receivers of a dispatch, of a document that the reader sees."""

from django.db.models import Count, QuerySet

from lienthong.office.core.errors import NotFound
from lienthong.office.documents.models import Answer, Delivery, Dispatch, Document


def dispatch(document: Document, number: int) -> Dispatch:
    """Return a dispatch of a document.

    Raises:
        NotFound: it has none of that number.
    """
    found = Dispatch.objects.select_related("document__organ").filter(pk=number, document=document).first()
    if found is None:
        raise NotFound(str(number))
    return found


def answer(document: Document, number: int) -> Answer:
    """Return what an organ without this office is told of a document.

    Raises:
        NotFound: there is nothing of that number.
    """
    found = Answer.objects.select_related("document__organ", "dispatch").filter(pk=number, document=document).first()
    if found is None:
        raise NotFound(str(number))
    return found


def delivery(document: Document, number: int) -> Delivery:
    """Return a delivery of a document.

    Raises:
        NotFound: it has none of that number.
    """
    found = Delivery.objects.filter(pk=number, dispatch__document=document).first()
    if found is None:
        raise NotFound(str(number))
    return found


def deliveries(made: Dispatch, state: str = "") -> QuerySet[Delivery]:
    """Return the receivers of a dispatch, those of one state only if one is given."""
    found = Delivery.objects.filter(dispatch=made)
    return (found.filter(state=state) if state else found).order_by("organ", "pk")


def counts(made: Dispatch) -> list[tuple[Delivery.State, int]]:
    """Return how many receivers stand where."""
    rows = Delivery.objects.filter(dispatch=made).order_by().values_list("state").annotate(number=Count("pk"))
    numbers = dict(rows)
    return [(state, numbers[state.value]) for state in Delivery.State if state.value in numbers]
