"""Everything one actor can do inside one unit of work; alone builds the areas' stores.

Each service is built when it is first asked for, from named stores and services only: a service
never receives the department, so it cannot reach what its signature does not show.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from drumbeat.marketing.audience_department import AudienceDepartment
from drumbeat.marketing.office import Office

if TYPE_CHECKING:
    from drumbeat.marketing.analytics import AnalyticsService
    from drumbeat.marketing.approvals import ApprovalsService
    from drumbeat.marketing.audience import ErasingService
    from drumbeat.marketing.campaigns import CampaignsService
    from drumbeat.marketing.connections import ConnectionsService
    from drumbeat.marketing.content import ContentService
    from drumbeat.marketing.delivery import (
        AnswersService,
        BouncesService,
        DecidingService,
        DeliveryService,
        SendingService,
    )
    from drumbeat.marketing.delivery.mail_tests import MailTestsService
    from drumbeat.marketing.events import EventsService
    from drumbeat.marketing.experiments import ExperimentsService
    from drumbeat.marketing.senders import DkimKeysService, SendersService
    from drumbeat.marketing.timing import TimingService
    from drumbeat.storage.kept_requests import RequestStore
    from drumbeat.storage.leases import LeaseStore


__all__ = ["Department", "Office"]


@dataclass(frozen=True)
class Department(AudienceDepartment):
    def waiting_for_nothing(self) -> "Department":
        """The same unit of work, for a reader who would rather see older figures than wait."""
        return replace(self, as_counted=True)

    @cached_property
    def leases(self) -> "LeaseStore":
        from drumbeat.storage.leases import LeaseStore

        return LeaseStore(self.connection)

    @cached_property
    def requests(self) -> "RequestStore":
        from drumbeat.storage.kept_requests import RequestStore

        return RequestStore(self.connection, self.office.keys)

    @cached_property
    def campaigns(self) -> "CampaignsService":
        from drumbeat.marketing.campaigns import CampaignsService
        from drumbeat.marketing.campaigns.store import CampaignsStore

        store, clock = CampaignsStore(self.connection, self.office.kept), self.office.clock
        record = self.accounts.record
        return CampaignsService(self.actor, store, self.approvals, self.delivery, clock, record)

    @cached_property
    def connections(self) -> "ConnectionsService":
        from drumbeat.marketing.connections import ConnectionsService
        from drumbeat.marketing.connections.store import SavedSettingStore
        from drumbeat.marketing.connections.store_outages import OutageStore

        store = SavedSettingStore(self.connection, self.office.keys)
        outages = OutageStore(self.connection)
        return ConnectionsService(self.actor, store, self.accounts.record, outages)

    @cached_property
    def approvals(self) -> "ApprovalsService":
        from drumbeat.marketing.approvals import ApprovalsService
        from drumbeat.marketing.approvals.store import ApprovalsStore

        store, record = ApprovalsStore(self.connection), self.accounts.record
        return ApprovalsService(self.actor, store, self.office.clock, record)

    @cached_property
    def events(self) -> "EventsService":
        from drumbeat.marketing.events import EventsService
        from drumbeat.marketing.events.store import EventStore
        from drumbeat.storage.fact_marks import FactMarks
        from drumbeat.storage.warehouse import Warehouse

        warehouse = Warehouse(self.connection, self.office.fact_files)
        store, marks = EventStore(self.connection), FactMarks(self.connection)
        return EventsService(self.actor, store, warehouse, marks, self.facts, self.office.clock)

    @cached_property
    def erasing(self) -> "ErasingService":
        from drumbeat.marketing.audience import ErasingService, Retention
        from drumbeat.marketing.audience.store_erasure import ErasureStore
        from drumbeat.marketing.audience.store_memberships import MembershipStore
        from drumbeat.storage.persons import PersonStore

        _ = self.delivery, self.events, self.mail_tests  # whose tables hold something about people
        return ErasingService(
            self.actor,
            PersonStore(self.connection),
            ErasureStore(self.connection),
            MembershipStore(self.connection),
            self.asks,
            self.accounts.record,
            Retention(*self.office.retention_days),
        )

    @cached_property
    def delivery(self) -> "DeliveryService":
        from drumbeat.marketing.delivery import DeliveryService
        from drumbeat.marketing.delivery.store import MailingStore
        from drumbeat.marketing.delivery.store_bounces import BounceStore
        from drumbeat.marketing.delivery.store_ledger import LedgerStore

        return DeliveryService(
            self.actor,
            MailingStore(self.connection),
            LedgerStore(self.connection),
            self.audience,
            self.office.clock,
            self.office.keys,
            BounceStore(self.connection, self.office.keys),
        )

    @cached_property
    def bounces(self) -> "BouncesService":
        from drumbeat.marketing.delivery import BouncesService, return_path_of
        from drumbeat.marketing.delivery.store_bounces import BounceStore
        from drumbeat.marketing.delivery.store_ledger import LedgerStore

        return BouncesService(
            self.actor,
            BounceStore(self.connection, self.office.keys),
            LedgerStore(self.connection),
            self.audience,
            self.events,
            return_path_of(self.office),
            self.office.clock,
            self.office.keys,
        )

    @cached_property
    def mail_tests(self) -> "MailTestsService":
        from drumbeat.marketing.delivery.mail_tests import MailTestsService
        from drumbeat.marketing.delivery.store_mail_tests import MailTestStore
        from drumbeat.storage.sealed_values import SealedValues

        office = self.office
        sealed = SealedValues(office.keys.derive("mail tests"), "The test")
        store = MailTestStore(self.connection, sealed)
        return MailTestsService(self.actor, store, office.clock, self.accounts.record)

    @cached_property
    def deciding(self) -> "DecidingService":
        from drumbeat.marketing.delivery import DecidingService
        from drumbeat.marketing.delivery.store import MailingStore
        from drumbeat.marketing.delivery.store_ledger import LedgerStore

        return DecidingService(
            self.actor,
            MailingStore(self.connection),
            LedgerStore(self.connection),
            self.events,
            self.office.clock,
            self.office.keys,
            self.accounts.record,
        )

    @cached_property
    def sending(self) -> "SendingService":
        from drumbeat.marketing.delivery import SendingService
        from drumbeat.marketing.delivery.store import MailingStore
        from drumbeat.marketing.delivery.store_ledger import LedgerStore
        from drumbeat.marketing.delivery.store_pacing import PaceStore

        return SendingService(
            self.actor,
            MailingStore(self.connection),
            LedgerStore(self.connection),
            PaceStore(self.connection),
            self.audience,
            self.events,
            self.office.clock,
        )

    @cached_property
    def answers(self) -> "AnswersService":
        from drumbeat.marketing.delivery import AnswersService
        from drumbeat.marketing.delivery.store import MailingStore
        from drumbeat.marketing.delivery.store_ledger import LedgerStore

        mailings, ledgers = MailingStore(self.connection), LedgerStore(self.connection)
        return AnswersService(self.actor, mailings, ledgers, self.office.clock)

    @cached_property
    def analytics(self) -> "AnalyticsService":
        from drumbeat.marketing.analytics import AnalyticsService
        from drumbeat.marketing.analytics.store import AnalyticsStore
        from drumbeat.storage.fact_marks import FactMarks

        office = self.office
        marks = FactMarks(self.connection)
        store = AnalyticsStore(self.facts, marks, office.kept, as_counted=self.as_counted)
        return AnalyticsService(self.actor, store, office.clock, office.cost_per_email)

    @cached_property
    def timing(self) -> "TimingService":
        from drumbeat.marketing.timing import TimingService
        from drumbeat.marketing.timing.store import TimingStore

        return TimingService(self.actor, TimingStore(self.connection), self.office.clock)

    @cached_property
    def experiments(self) -> "ExperimentsService":
        from drumbeat.marketing.experiments import ExperimentsService
        from drumbeat.marketing.experiments.store import ExperimentsStore

        store, secret = ExperimentsStore(self.connection), self.office.keys.derive("experiments")
        return ExperimentsService(self.actor, store, self.office.clock, secret)

    @cached_property
    def content(self) -> "ContentService":
        from drumbeat.marketing.content import ContentService
        from drumbeat.marketing.content.store import ContentStore

        store, office = ContentStore(self.connection), self.office
        return ContentService(
            self.actor,
            store,
            office.clock,
            office.public_url,
            office.compiled,
            office.hidden_link,
        )

    @cached_property
    def senders(self) -> "SendersService":
        from drumbeat.marketing.senders import Sender, SendersService
        from drumbeat.marketing.senders.store import SenderStore

        office = self.office
        house = Sender(office.sender_name, office.sender_email, office.postal_address)
        store, record = SenderStore(self.connection), self.accounts.record
        return SendersService(self.actor, store, house, record)

    @cached_property
    def dkim_keys(self) -> "DkimKeysService":
        from drumbeat.marketing.senders import DkimKeysService
        from drumbeat.marketing.senders.store_keys import DkimKeyStore
        from drumbeat.storage.sealed_values import SealedValues

        office = self.office
        sealed = SealedValues(office.keys.derive("dkim keys"), "The DKIM key")
        store = DkimKeyStore(self.connection, sealed)
        return DkimKeysService(self.actor, store, office.clock, self.accounts.record)
