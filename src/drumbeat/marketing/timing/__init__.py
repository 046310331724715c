"""When to send: quiet hours, what each zone's hours have taught, and one instant for everybody.

The choice itself is `drumbeat.science.timing`; this area feeds it, keeps the hour counts and turns
hours into instants. It reads nothing of contacts: callers bring contact numbers and zones.
"""

from drumbeat.marketing.timing.model import Mode, SendPlan, SendWish, ZoneHour
from drumbeat.marketing.timing.rules import cold_start_hour
from drumbeat.marketing.timing.service import TimingService

__all__ = ["Mode", "SendPlan", "SendWish", "TimingService", "ZoneHour", "cold_start_hour"]
