"""What readers of our mail reach without signing in: the pixel, tracked links, unsubscribing.

`TrackingApp` is a raw ASGI application beside the web framework, because routing alone would cost
more than the answer; `quick_protocol` answers most opens and clicks in the connection itself.
All are acknowledged once they are stored, opens and clicks after a quarter of a second in any case.
"""

from drumbeat.interfaces.public.choosing import PLACES, choosing_app
from drumbeat.interfaces.public.intake import Intake, recording_hits
from drumbeat.interfaces.public.quick import quick_protocol
from drumbeat.interfaces.public.tracking import TrackingApp

__all__ = [
    "PLACES",
    "Intake",
    "TrackingApp",
    "choosing_app",
    "quick_protocol",
    "recording_hits",
]
