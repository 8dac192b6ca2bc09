"""Parts of pages that are drawn once."""

from django.template import Context, Engine, Template
from django.utils.translation import override

from lienthong.office.core.templatetags import drawn

LOAD = "{% load drawn i18n %}"


class _Counted:
    """Counts how often it is written out, under the name by which it is kept."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.written = 0

    def __str__(self) -> str:
        self.written += 1
        return self._name

    def __hash__(self) -> int:
        return hash(self._name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Counted) and other._name == self._name


def test_it_is_drawn_once_for_the_same_values() -> None:
    template = Template(LOAD + "{% once room %}{{ room }}{% endonce %}")
    first, same, other = _Counted("a"), _Counted("a"), _Counted("b")
    assert [template.render(Context({"room": each})) for each in (first, same, other, same)] == ["a", "a", "b", "a"]
    assert (first.written, same.written, other.written) == (1, 0, 1)


def test_it_sees_nothing_that_it_does_not_name() -> None:
    template = Template(LOAD + "{% once room %}{{ room }}/{{ actor }}{% endonce %}")
    assert template.render(Context({"room": "a", "actor": "Người dùng 1"})) == "a/"
    assert template.render(Context({"room": "a", "actor": "Người dùng 2"})) == "a/"


def test_each_language_has_its_own() -> None:
    template = Template(LOAD + '{% once %}{% translate "Home" %}{% endonce %}')
    texts = []
    for language in ("vi", "en", "de", "vi"):
        with override(language):
            texts.append(template.render(Context()))
    assert texts[0] == texts[3]
    assert len(set(texts)) == 3


def test_values_are_escaped() -> None:
    template = Template(LOAD + "{% once room %}{{ room }}{% endonce %}")
    assert template.render(Context({"room": "<b>"})) == "&lt;b&gt;"
    assert template.render(Context({"room": "<b>"})) == "&lt;b&gt;"


def test_parts_may_include_others() -> None:
    engine = Engine.get_default()
    template = engine.from_string(LOAD + '{% once %}{% include "core/keys.html" %}{% endonce %}')
    assert "<dialog" in template.render(Context({"rooms": ()}))


def test_what_is_kept_has_an_end() -> None:
    template = Template(LOAD + "{% once number %}{{ number }}{% endonce %}")
    (part,) = template.nodelist.get_nodes_by_type(drawn.Once)
    for number in range(drawn.MOST + 2):
        assert template.render(Context({"number": str(number)})) == str(number)
    assert isinstance(part, drawn.Once)
    assert 0 < part.kept <= drawn.MOST
