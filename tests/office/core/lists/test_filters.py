"""Filters: what is offered is text, whoever named it."""

from lienthong.office.core.lists.filters import Choice, ChoiceFilter


def test_choices_are_text_and_the_one_that_was_made_is_marked() -> None:
    names = ('"><script>', "<b>Một</b>")
    made = [Choice(slug=name, title=name, value=name) for name in names]
    (field,) = ChoiceFilter(key="q", title="x", column="x", choices=lambda: made).fields({"q": names[1]})
    assert '<option value="&quot;&gt;&lt;script&gt;">&quot;&gt;&lt;script&gt;</option>' in field.control
    assert '<option value="&lt;b&gt;Một&lt;/b&gt;" selected>&lt;b&gt;Một&lt;/b&gt;</option>' in field.control
    assert "<script>" not in field.control
