"""When are people most likely to engage, and which instant is that in their own zone?

Start at `send_time.best_hours` (the hour) and `wall_clock.local_instant` (the instant).
"""

from drumbeat.science.timing.send_time import Basis, BestHour, best_hours, best_list_hour
from drumbeat.science.timing.wall_clock import instant_of_wall_time, known_zone, local_instant

__all__ = [
    "Basis",
    "BestHour",
    "best_hours",
    "best_list_hour",
    "instant_of_wall_time",
    "known_zone",
    "local_instant",
]
