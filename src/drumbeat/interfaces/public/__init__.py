"""What readers of our mail reach without signing in: the pixel, tracked links, unsubscribing.

`TrackingApp` is a raw ASGI application beside the web framework, because routing alone would cost
more than the answer. Opens and clicks are acknowledged before they are stored; a withdrawal of
consent is acknowledged only after it is.
"""

from drumbeat.interfaces.public.intake import Intake, recording_hits
from drumbeat.interfaces.public.tracking import TrackingApp

__all__ = ["Intake", "TrackingApp", "recording_hits"]
