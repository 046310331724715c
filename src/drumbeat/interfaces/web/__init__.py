"""The pages of `drumbeat serve`: sign-in, campaigns, and what a campaign brought.

Rendered on the server from one plain result; the scripts only fetch what it rendered, and there is
no inline style and nothing from elsewhere.
"""

from drumbeat.interfaces.web.app import create_web, no_such_page
from drumbeat.interfaces.web.source import Source
from drumbeat.interfaces.web.streams import Streams
from drumbeat.interfaces.web.warming import show_once

__all__ = ["Source", "Streams", "create_web", "no_such_page", "show_once"]
