"""Draw the life of a document into docs/documents.md, from the one table that the office itself reads.

    tools/generate_document_states.py          writes it

``lienthong.office.documents.states.DEEDS`` says who may do what in which state, and where it leads.
"""

from pathlib import Path
from typing import Final

from lienthong.office.documents.states import DEEDS, Part, State

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "documents.md"
BEGIN: Final = "<!-- made by tools/generate_document_states.py: begin -->"
END: Final = "<!-- end -->"
_ALL: Final = {", ".join(State): "any", ", ".join(Part): "whoever sees it"}


def diagram() -> str:
    """Return the states and what leads from one to another, as Mermaid; then the table of who may do what."""
    lines = ["```mermaid", "stateDiagram-v2", "  [*] --> draft", "  [*] --> arrived"]
    for deed, rule in DEEDS.items():
        if rule.target is not None:
            lines += [
                f"  {state} --> {rule.target}: {deed}{f' ({rule.code})' if rule.code else ''}"
                for state in State
                if state in rule.states
            ]
    ends = [state for state in State if not any(state in rule.states and rule.target for rule in DEEDS.values())]
    lines += [f"  {state} --> [*]" for state in ends]
    return "\n".join([*lines, "```", "", *_table()])


def _table() -> list[str]:
    rows = ["| Deed | In which state | Who | Then | Code told |", "|---|---|---|---|---|"]
    for deed, rule in DEEDS.items():
        states = ", ".join(state for state in State if state in rule.states)
        parts = ", ".join(part for part in Part if part in rule.parts)
        states, parts = _ALL.get(states, states), _ALL.get(parts, parts)
        rows.append(f"| {deed} | {states} | {parts} | {rule.target or '–'} | {rule.code or '–'} |")
    return rows


def written(page: str) -> str:
    """Return the page with the present diagram between its two marks.

    Raises:
        ValueError: the marks are not there.
    """
    before, _, rest = page.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        message = f"{PAGE.name} lacks the marks for the diagram"
        raise ValueError(message)
    return f"{before}{BEGIN}\n{diagram()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
