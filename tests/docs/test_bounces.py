"""What docs/bounces.md tells to type works: a saved bounce is taken in, read and listed."""

from pathlib import Path

import pytest

from tests.architecture.tree import ROOT
from tests.docs.markdown import blocks
from tests.docs.test_readme import _environment, _json_lines, _run

PAGE = ROOT / "docs" / "bounces.md"


@pytest.mark.slow
def test_a_bounce_that_was_saved_as_a_file_is_read(tmp_path: Path) -> None:
    told = list(blocks(PAGE))
    folder = tmp_path / "saved"
    folder.mkdir()
    for block in told:
        if block.kind == "file":
            (tmp_path / block.text).write_text(block.body, encoding="utf-8")
            (folder / block.text).write_text(block.body + "Again.\n", encoding="utf-8")
    environment = _environment(tmp_path)
    script = "set -eux\n" + "".join(block.body for block in told if block.kind == "run")
    ran = _run(["sh", "-c", script], tmp_path, environment)
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
    assert "no mailbox here by that name" in ran.stdout
    [listed] = _json_lines(["delivery", "bounces", "list"], tmp_path, environment)
    assert (listed["kind"], listed["status"], listed["contact_id"]) == ("hard", "5.1.1", None)

    [first] = _json_lines(["delivery", "bounces", "import", "saved"], tmp_path, environment)
    [again] = _json_lines(["delivery", "bounces", "import", "saved"], tmp_path, environment)
    assert (first["added"], again["added"], again["repeated"]) == (1, 0, 1)
