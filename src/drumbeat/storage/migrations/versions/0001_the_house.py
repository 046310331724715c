"""The house: every table of the first release.

While the first release is being built this creates what the stores declare.
"""

import importlib
import pkgutil

from alembic import op

from drumbeat.storage.database import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    import drumbeat.marketing
    import drumbeat.storage

    for package in (drumbeat.marketing, drumbeat.storage):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if module.name.endswith((".store", ".warehouse", ".leases")) or ".store_" in module.name:
                importlib.import_module(module.name)
    metadata.create_all(op.get_bind())
