"""What a campaign's steps need of the house: units of work on every area they lead through.

`department.Department` and `bootstrap.Drumbeat` are these; campaigns lie below both.
"""

from contextlib import AbstractContextManager
from typing import Protocol

from drumbeat.kit.actor import Actor
from drumbeat.marketing.accounts import AccountsService
from drumbeat.marketing.analytics import AnalyticsService
from drumbeat.marketing.approvals import ApprovalsService
from drumbeat.marketing.audience import (
    AudienceService,
    DuplicatesService,
    ErasingService,
    FormsService,
    SegmentsService,
    TopicsService,
)
from drumbeat.marketing.campaigns.service import CampaignsService
from drumbeat.marketing.content import ContentService
from drumbeat.marketing.delivery import DecidingService, DeliveryService, SendingService
from drumbeat.marketing.delivery.mail_tests import MailTestsService
from drumbeat.marketing.events import EventsService
from drumbeat.marketing.experiments import ExperimentsService
from drumbeat.marketing.office import Office
from drumbeat.marketing.senders import SendersService
from drumbeat.marketing.timing import TimingService


class Unit(Protocol):
    """One actor's department inside one unit of work."""

    @property
    def office(self) -> Office: ...
    @property
    def accounts(self) -> AccountsService: ...
    @property
    def analytics(self) -> AnalyticsService: ...
    @property
    def approvals(self) -> ApprovalsService: ...
    @property
    def audience(self) -> AudienceService: ...

    @property
    def segments(self) -> SegmentsService: ...
    @property
    def campaigns(self) -> CampaignsService: ...
    @property
    def content(self) -> ContentService: ...
    @property
    def deciding(self) -> DecidingService: ...
    @property
    def delivery(self) -> DeliveryService: ...
    @property
    def duplicates(self) -> DuplicatesService: ...
    @property
    def erasing(self) -> ErasingService: ...
    @property
    def events(self) -> EventsService: ...
    @property
    def experiments(self) -> ExperimentsService: ...
    @property
    def forms(self) -> FormsService: ...
    @property
    def mail_tests(self) -> MailTestsService: ...
    @property
    def senders(self) -> SendersService: ...
    @property
    def sending(self) -> SendingService: ...
    @property
    def topics(self) -> TopicsService: ...
    @property
    def timing(self) -> TimingService: ...


class House(Protocol):
    """Opens units of work: `begin` writes and commits, `look` reads one snapshot."""

    def begin(self, actor: Actor) -> AbstractContextManager[Unit]: ...
    def look(self, actor: Actor) -> AbstractContextManager[Unit]: ...
