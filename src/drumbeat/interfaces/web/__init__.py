"""The pages of `drumbeat serve`: sign-in, campaigns, and what a campaign brought.

Rendered on the server from one plain result; no script, no inline style, nothing from elsewhere.
"""

from drumbeat.interfaces.web.app import create_web, no_such_page
from drumbeat.interfaces.web.source import Source

__all__ = ["Source", "create_web", "no_such_page"]
