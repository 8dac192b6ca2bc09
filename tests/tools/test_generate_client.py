"""The synchronous client is made of the asynchronous one, and up to date."""

import ast
from pathlib import Path

import pytest

from tools.generate_client import FILES, synchronous


@pytest.mark.parametrize(("source", "target"), FILES.items(), ids=lambda path: path.name)
class TestFile:
    def test_it_is_made_of_the_asynchronous_one(self, source: Path, target: Path) -> None:
        made = synchronous(source.read_text(encoding="utf-8"))
        assert target.read_text(encoding="utf-8") == made, "run tools/generate_client.py"

    def test_nothing_in_it_waits_for_a_loop(self, source: Path, target: Path) -> None:
        tree = ast.parse(target.read_text(encoding="utf-8"))
        waiting = (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await)
        assert not [node for node in ast.walk(tree) if isinstance(node, waiting)]

    def test_both_have_the_same_methods(self, source: Path, target: Path) -> None:
        entering = {"__aenter__", "__aexit__", "__enter__", "__exit__"}
        assert _methods(source) - entering == _methods(target) - entering


def _methods(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds)}
