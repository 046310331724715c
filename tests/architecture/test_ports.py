"""Services never call ports: engine, agents and adapters do, between two units of work."""

import ast
from pathlib import Path

from tests.architecture.tree import SOURCE, import_graph, parsed, python_files

DECIDING = ("service", "rules", "store", "model")


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts)


def decides(path: Path) -> bool:
    """Holds use cases, rules or SQL: by its name, or because a class in it is a service."""
    if path.stem in DECIDING or path.stem.startswith("store_"):
        return True
    return any(
        isinstance(node, ast.ClassDef) and node.name.endswith("Service")
        for node in parsed(path).body
    )


def test_no_service_store_or_rule_imports_a_port() -> None:
    graph = import_graph()
    reaching = [
        f"{module} imports {imported}"
        for path in python_files(SOURCE / "marketing")
        if path.name != "ports.py" and decides(path)
        for module in [module_of(path)]
        for imported in sorted(graph.find_modules_directly_imported_by(module))
        if imported.endswith(".ports")
    ]
    assert not reaching, "Return what is to be carried; the engine carries it between two units."
