"""The house: every table of the first release."""

from drumbeat.storage.migrations.first_release import audience, facts, ledger, mail, people

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    for area in (people, audience, mail, ledger, facts):
        area.create()
