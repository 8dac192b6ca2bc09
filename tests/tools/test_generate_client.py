"""The synchronous client is made of the asynchronous one, and up to date."""

import ast
from pathlib import Path

from tools.generate_client import SOURCE, TARGET, synchronous


def test_the_synchronous_client_is_that_of_the_asynchronous_one() -> None:
    assert TARGET.read_text(encoding="utf-8") == synchronous(SOURCE.read_text(encoding="utf-8")), (
        "run tools/generate_client.py"
    )


def test_nothing_in_it_waits_for_a_loop() -> None:
    tree = ast.parse(TARGET.read_text(encoding="utf-8"))
    waiting = (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await)
    assert not [node for node in ast.walk(tree) if isinstance(node, waiting)]


def test_both_have_the_same_methods() -> None:
    assert _methods(SOURCE) - {"__aenter__", "__aexit__"} == _methods(TARGET) - {"__enter__", "__exit__"}


def _methods(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds)}
