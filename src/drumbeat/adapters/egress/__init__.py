"""Every HTTP request that leaves the house: one client, two doors.

Hosts that the settings name are asked as configured. Addresses that come from content, contacts or
models lead to the public internet only.
"""

from drumbeat.adapters.egress.client import Caps, Egress, Fetched, origin_of

__all__ = ["Caps", "Egress", "Fetched", "origin_of"]
