"""Exchanges the code of one function in place, so that whoever has imported it calls the changed one."""

from __future__ import annotations
import __future__

import ast
import importlib
import inspect
import sys
from collections.abc import Callable
from types import CodeType, FunctionType, ModuleType

from tests.mutation.mutants import Mutant

PACKAGE = "tallybridge.billing"


def exchange(mutant: Mutant, text: bytes) -> Callable[[], None]:
    """What gives the mutant's function the code that it has in the changed text of its module.

    Raises:
        SyntaxError: the changed text is no program.
    """
    module = importlib.import_module(f"{PACKAGE}.{mutant.module}")
    changed = _compiled(mutant.scope, text, module)
    function = _function(mutant.scope, module)

    def put_in() -> None:
        function.__code__, function.__defaults__, function.__kwdefaults__ = changed.__code__, changed.__defaults__, changed.__kwdefaults__
        forget_results()

    return put_in


def _compiled(scope: str, text: bytes, module: ModuleType) -> FunctionType:
    node: ast.Module | ast.stmt = ast.parse(text)
    for name in scope.split("."):
        assert isinstance(node, ast.Module | ast.ClassDef)
        node = next(one for one in node.body if isinstance(one, ast.FunctionDef | ast.ClassDef) and one.name == name)
    assert isinstance(node, ast.FunctionDef)
    node.decorator_list = []
    alone = ast.Module(body=[node], type_ignores=[])
    code: CodeType = compile(alone, str(module.__file__), "exec", flags=__future__.annotations.compiler_flag, dont_inherit=True)
    names = dict(vars(module))
    exec(code, names)
    function = names[node.name]
    assert isinstance(function, FunctionType)
    return function


def _function(scope: str, module: ModuleType) -> FunctionType:
    found: object = module
    for name in scope.split("."):
        found = inspect.getattr_static(found, name)
    if isinstance(found, property):
        found = found.fget
    found = inspect.unwrap(found) if callable(found) else found
    assert isinstance(found, FunctionType)
    return found


def forget_results() -> None:
    """What a cached rule has answered before is no answer of the changed one."""
    for name, module in list(sys.modules.items()):
        if name.startswith(PACKAGE):
            for one in vars(module).values():
                if hasattr(one, "cache_clear"):
                    one.cache_clear()
