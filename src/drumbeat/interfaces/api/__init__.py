"""REST under /api/v2/marketing: one use case, one line of translation."""

from drumbeat.interfaces.api.app import create_api

__all__ = ["create_api"]
