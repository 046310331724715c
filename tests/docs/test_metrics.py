"""docs/metrics.md says of every metric what marketing/analytics/metrics.py computes."""

from drumbeat.marketing.analytics import ATTRIBUTION, METRICS, REFERENCE
from tests.architecture.tree import ROOT
from tests.docs.markdown import table_rows

PAGE = ROOT / "docs" / "metrics.md"


def test_the_page_lists_every_metric_with_its_formula() -> None:
    expected = [[f"`{metric.name}`", metric.unit, metric.formula] for metric in METRICS]
    told = [row for row in table_rows(PAGE) if row[0].startswith("`")]
    assert told == expected, "\n".join(f"| {' | '.join(row)} |" for row in expected)


def test_the_page_quotes_attribution_and_the_label_of_benchmarks() -> None:
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert ATTRIBUTION in text
    assert REFERENCE in text
