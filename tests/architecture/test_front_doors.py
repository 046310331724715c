"""An area of marketing is entered by its front door: `from drumbeat.marketing.timing import …`."""

from tests.architecture.tree import import_graph

AREAS = "drumbeat.marketing"

PUBLIC_MODULES = {
    "drumbeat.marketing.audience.rule_tree": "what a rule says: values that every way in reads",
    "drumbeat.marketing.campaigns.pipeline": "opens units of its own, so it cannot be a service",
    "drumbeat.marketing.campaigns.answer": "reads across all areas inside one unit",
    "drumbeat.marketing.campaigns.approval_answer": "reads across areas inside one unit",
    "drumbeat.marketing.campaigns.contact_answer": "reads across areas inside one unit",
    "drumbeat.marketing.campaigns.contact_export": "a loop of units that reads across areas",
    "drumbeat.marketing.campaigns.connecting": "a loop of units over a file, across areas",
    "drumbeat.marketing.campaigns.connectors": "the literal of what is known, for descriptions",
    "drumbeat.marketing.campaigns.content_answer": "reads across areas inside one unit",
    "drumbeat.marketing.campaigns.experiment_answer": "reads across areas inside one unit",
    "drumbeat.marketing.campaigns.judging": "reads across areas inside one unit",
    "drumbeat.marketing.campaigns.merging_contacts": "opens a unit of its own, across areas",
    "drumbeat.marketing.campaigns.segment_use": "asks across areas inside one unit who needs it",
    "drumbeat.marketing.campaigns.subject_answer": "reads across all areas inside one unit",
    "drumbeat.marketing.campaigns.preview": "leads through several areas inside one unit",
    "drumbeat.marketing.campaigns.row_decisions": "leads through several areas inside one unit",
    "drumbeat.marketing.campaigns.mail": "leads through several areas inside one unit",
    "drumbeat.marketing.campaigns.restoring": "opens a unit of its own, across areas",
    "drumbeat.marketing.campaigns.event_intake": "a loop of units over a file, across areas",
    "drumbeat.marketing.campaigns.checklist": "values of a look outside, made by bootstrap",
    "drumbeat.marketing.campaigns.evidence": "reads across all areas inside one unit",
    "drumbeat.marketing.campaigns.testing": "leads through several areas inside one unit",
    "drumbeat.marketing.delivery.mail_tests": "a ledger of its own, which no figure reads",
    "drumbeat.marketing.senders.dkim": "cryptography: loaded only by who signs mail",
}
"""Doors beside the front door, each with the reason why it is not in the package itself."""


def area_of(module: str) -> str | None:
    parts = module.split(".")
    return ".".join(parts[:3]) if module.startswith(AREAS + ".") else None


def is_a_door(importer: str, imported: str) -> bool:
    """The package, its ports, a public module; and stores and services for the department alone."""
    if imported == area_of(imported) or imported in PUBLIC_MODULES:
        return True
    last = imported.rpartition(".")[2]
    if importer in ("drumbeat.marketing.department", "drumbeat.marketing.audience_department"):
        return last == "service" or last == "store" or last.startswith("store_")
    return last == "ports"


def test_nobody_reaches_past_a_front_door() -> None:
    graph = import_graph()
    trespasses = [
        f"{importer} imports {imported}"
        for imported in sorted(graph.modules)
        if area_of(imported)
        for importer in sorted(graph.find_modules_that_directly_import(imported))
        if area_of(importer) != area_of(imported) and not is_a_door(importer, imported)
    ]
    assert not trespasses, "Import from the area's package, or from its ports."


def test_the_list_of_public_modules_is_not_stale() -> None:
    graph = import_graph()
    unused = {
        module
        for module in PUBLIC_MODULES
        if module not in graph.modules
        or all(
            area_of(importer) == area_of(module)
            for importer in graph.find_modules_that_directly_import(module)
        )
    }
    assert not unused
