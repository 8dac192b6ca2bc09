"""The synchronous client is made of the asynchronous one, and up to date."""

import ast
from pathlib import Path

from tools.generate_client import MADE, synchronous


def test_the_synchronous_client_is_that_of_the_asynchronous_one() -> None:
    for target, source in MADE.items():
        assert target.read_text(encoding="utf-8") == synchronous(source.read_text(encoding="utf-8")), (
            "run tools/generate_client.py"
        )


def test_nothing_in_it_waits_for_a_loop() -> None:
    waiting = (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await)
    for target in MADE:
        tree = ast.parse(target.read_text(encoding="utf-8"))
        assert not [node for node in ast.walk(tree) if isinstance(node, waiting)]


def test_both_have_the_same_methods() -> None:
    for target, source in MADE.items():
        assert _methods(source) - {"__aenter__", "__aexit__"} == _methods(target) - {"__enter__", "__exit__"}


def _methods(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds)}
