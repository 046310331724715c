"""The use cases: every public method of every service that a Department offers."""

import ast
import importlib
import inspect
from collections.abc import Callable
from functools import cached_property

from drumbeat.marketing import department
from tests.architecture.tree import SOURCE, parsed

Method = Callable[..., object]

NO_SERVICES = {
    "facts": "a reader that only stores are given",
    "leases": "whose turn a job is; no use case of a marketer",
    "requests": "what an Idempotency-Key stands for; the way in keeps it for every use case",
}


def services() -> dict[str, dict[str, Method]]:
    """By property of Department: the public methods of the service it answers."""
    return {
        name: _public_methods(_class_named(str(prop.func.__annotations__["return"])))
        for part in reversed(department.Department.__mro__)
        for name, prop in vars(part).items()
        if isinstance(prop, cached_property) and name not in NO_SERVICES
    }


def _public_methods(service: type) -> dict[str, Method]:
    functions = inspect.getmembers(service, inspect.isfunction)
    return {name: function for name, function in functions if not name.startswith("_")}


def _class_named(annotation: str) -> type:
    """The department imports its services for the type checker only: follow that import."""
    wanted = annotation.strip("'\"")
    for file in ("department.py", "audience_department.py"):
        for node in ast.walk(parsed(SOURCE / "marketing" / file)):
            if isinstance(node, ast.ImportFrom) and any(a.name == wanted for a in node.names):
                found: type = getattr(importlib.import_module(str(node.module)), wanted)
                return found
    raise LookupError(f"The department does not import {wanted}")
