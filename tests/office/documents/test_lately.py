"""What was found lately is not looked for again; it is little, and not for long."""

from lienthong.office.documents.lately import Lately


def test_the_newest_few_are_remembered_for_a_while() -> None:
    now = [0.0]
    lately: Lately[str, str] = Lately(2, seconds=10, clock=lambda: now[0])
    for name in ("a", "b", "c"):
        lately.put(name, name)
    assert [lately.get(name) for name in ("a", "b", "c", "d")] == [None, "b", "c", None]
    now[0] = 9
    assert lately.get("b") == "b"
    lately.put("c", "new")
    now[0] = 10
    assert [lately.get(name) for name in ("b", "c")] == [None, "new"]
    lately.clear()
    assert lately.get("c") is None
