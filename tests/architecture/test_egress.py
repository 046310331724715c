"""Whatever leaves the house by HTTP goes through one client, or says here why it cannot."""

import ast

from tests.architecture.tree import SOURCE, calls, name_of, parsed, python_files

CLIENTS = {"httpx2", "httpcore2", "httpx", "requests", "aiohttp", "urllib3", "http.client"}
CLIENTS |= {"urllib.request", "httpx2_sse", "websockets", "curl_cffi", "pycurl"}

APART = {
    "src/drumbeat/adapters/egress/client.py": "it is the one client",
    "src/drumbeat/adapters/egress/network.py": "how the one client connects",
    "src/drumbeat/interfaces/sdk/client.py": "runs in somebody else's program, and asks only the "
    "server that its user named, also over a socket",
    "src/drumbeat/interfaces/cli/answers.py": "asks nothing: it puts the SDK's failures in words",
    "src/drumbeat/interfaces/demo/story.py": "asks nothing: it waits out the SDK's failures",
}


def clients_of(tree: ast.Module) -> set[str]:
    """HTTP clients that are imported, also inside functions."""
    named: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            named |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {client for client in CLIENTS for name in named if (name + ".").startswith(client + ".")}


def test_only_the_egress_client_asks_the_world() -> None:
    asking = {name_of(path) for path in python_files(SOURCE) if clients_of(parsed(path))}
    assert asking == APART.keys(), "Use Drumbeat.egress, or a line in APART that says why not."


def test_the_inliner_of_styles_loads_nothing_from_elsewhere() -> None:
    inliners = [
        call
        for path in python_files(SOURCE)
        for call in calls(path)
        if ast.unparse(call.func) == "css_inline.inline"
    ]
    assert inliners
    for call in inliners:
        told = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        assert told.get("load_remote_stylesheets") == "False"
