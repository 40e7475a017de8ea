"""No fault is only a line in the catalogue: the product raises each, and a test makes it happen."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from station.fault_codes import FaultCode
from station.faults import CATALOGUE
from tests.faults_raised import RAISED_BY

ROOT = Path(__file__).parents[2]
THE_CATALOGUE_ITSELF = {"fault_codes.py"} | {file.name for file in (ROOT / "station").glob("faults*.py")}


def test_each_fault_has_its_test_and_each_test_its_fault() -> None:
    assert set(RAISED_BY) == set(CATALOGUE)


@pytest.mark.parametrize("code", list(RAISED_BY))
def test_the_test_is_there_and_speaks_of_the_fault(code: FaultCode) -> None:
    file, name = RAISED_BY[code].split("::")
    source = source_of(file, name)
    assert code.value in source or f"FaultCode.{code.name}" in source, (
        f"{name} says nothing of {code.value} {code.name}"
    )


@pytest.mark.parametrize("code", list(FaultCode))
def test_the_product_can_raise_it(code: FaultCode) -> None:
    assert names(code, product()), f"nothing in station/ names {code.name}: remove it, or raise it"


def names(code: FaultCode, source: str) -> bool:
    return re.search(rf"FaultCode\.{code.name}\b", source) is not None


@cache
def product() -> str:
    files = [file for file in (ROOT / "station").rglob("*.py") if file.name not in THE_CATALOGUE_ITSELF]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


@cache
def source_of(file: str, name: str) -> str:
    """The test's own lines, its decorators', and those of the tables of its module that they name."""
    text = (ROOT / file).read_text(encoding="utf-8")
    tree = ast.parse(text)
    tests = [
        node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name
    ]
    assert len(tests) == 1, f"{file} has {len(tests)} tests named {name}"
    parts: list[ast.AST] = [tests[0], *tests[0].decorator_list]
    named = {node.id for part in parts for node in ast.walk(part) if isinstance(node, ast.Name)}
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        if any(isinstance(target, ast.Name) and target.id in named for target in targets):
            parts.append(node)
    return "\n".join(ast.get_source_segment(text, part) or "" for part in parts)
