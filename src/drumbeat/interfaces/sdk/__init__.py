"""The Python client of the REST application; the command line is built on it."""

from drumbeat.interfaces.sdk.client import Client, Problem

__all__ = ["Client", "Problem"]
