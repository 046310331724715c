"""Everything one actor can do inside one unit of work; alone builds the areas' stores.

Each service is built when it is first asked for, from named stores and services only: a service
never receives the department, so it cannot reach what its signature does not show.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from drumbeat.kit.actor import Actor
from drumbeat.marketing.office import Office
from drumbeat.storage.database import Connection

if TYPE_CHECKING:
    from drumbeat.marketing.accounts import (
        AccountsService,
        Credentials,
        PeopleService,
        SigningInService,
    )
    from drumbeat.marketing.analytics import AnalyticsService
    from drumbeat.marketing.approvals import ApprovalsService
    from drumbeat.marketing.audience import (
        AsksService,
        AudienceService,
        AudienceStores,
        BehaviourService,
        BuyersService,
        ComparingService,
        CountingService,
        ErasingService,
        FormsService,
        ImportsService,
        MirroringService,
        SegmentsService,
        TopicsService,
        SegmentStores,
    )
    from drumbeat.marketing.audience.store_mirror import MirrorStore
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
    from drumbeat.storage.warehouse import FactReader


__all__ = ["Department", "Office"]


@dataclass(frozen=True)
class Department:
    actor: Actor
    connection: Connection
    office: Office
    as_counted: bool = False
    """Whether figures may be those that the engine counted last, with their `as_of`."""

    def waiting_for_nothing(self) -> "Department":
        """The same unit of work, for a reader who would rather see older figures than wait."""
        return replace(self, as_counted=True)

    @cached_property
    def accounts(self) -> "AccountsService":
        from drumbeat.marketing.accounts import AccountsService
        from drumbeat.marketing.accounts.store import AccountsStore

        return AccountsService(self.actor, AccountsStore(self.connection), self._credentials)

    @cached_property
    def people(self) -> "PeopleService":
        from drumbeat.marketing.accounts import PeopleService
        from drumbeat.marketing.accounts.store import AccountsStore

        store, record = AccountsStore(self.connection), self.accounts.record
        return PeopleService(self.actor, store, self._credentials, record)

    @cached_property
    def signing_in(self) -> "SigningInService":
        from drumbeat.marketing.accounts import SigningInService
        from drumbeat.marketing.accounts.store import AccountsStore
        from drumbeat.marketing.accounts.store_guesses import GuessStore

        store, guesses = AccountsStore(self.connection), GuessStore(self.connection)
        return SigningInService(self.actor, store, self._credentials, guesses)

    @property
    def _credentials(self) -> "Credentials":
        from drumbeat.marketing.accounts import Credentials
        from drumbeat.marketing.accounts.store_credentials import CredentialStore

        key = self.office.keys.derive("credentials")
        return Credentials(CredentialStore(self.connection), self.office.clock, key)

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
    def facts(self) -> "FactReader":
        """All facts of this unit's snapshot, for stores that ask questions in DuckDB's SQL."""
        from drumbeat.marketing.events.store import EventStore
        from drumbeat.storage.warehouse import FactReader

        events = EventStore(self.connection)
        files, ducks = self.office.fact_files, self.office.ducks
        return FactReader(self.connection, files, events.pending, events.pending_mark, ducks)

    @cached_property
    def audience(self) -> "AudienceService":
        from drumbeat.marketing.audience import AudienceService

        stores, record = self._audience_stores, self.accounts.record
        return AudienceService(self.actor, stores, self.office.clock, self.office.keys, record)

    @cached_property
    def counting(self) -> "CountingService":
        from drumbeat.marketing.audience import CountingService

        return CountingService(self.actor, self._audience_stores, self.office.clock)

    @cached_property
    def topics(self) -> "TopicsService":
        from drumbeat.marketing.audience import TopicsService
        from drumbeat.marketing.audience.store_topics import TopicStore

        people, office, store = self._audience_stores, self.office, TopicStore(self.connection)
        who, record = (people.contacts, people.consents), self.accounts.record
        return TopicsService(self.actor, store, *who, office.clock, office.keys, record)

    @cached_property
    def forms(self) -> "FormsService":
        from drumbeat.marketing.audience import FormsService
        from drumbeat.marketing.audience.store_asks import AskStore

        store, record = AskStore(self.connection), self.accounts.record
        return FormsService(self.actor, store, self.topics, self.office.clock, record)

    @cached_property
    def asks(self) -> "AsksService":
        from drumbeat.marketing.audience import AsksService
        from drumbeat.marketing.audience.store_asks import AskStore

        store, office = AskStore(self.connection), self.office
        return AsksService(self.actor, store, self.topics, office.clock, office.keys)

    @cached_property
    def erasing(self) -> "ErasingService":
        from drumbeat.marketing.audience import ErasingService, Retention
        from drumbeat.marketing.audience.store_erasure import ErasureStore
        from drumbeat.storage.persons import PersonStore

        _ = self.delivery, self.events, self.mail_tests  # whose tables hold something about people
        return ErasingService(
            self.actor,
            PersonStore(self.connection),
            ErasureStore(self.connection),
            self.asks,
            self.accounts.record,
            Retention(*self.office.retention_days),
        )

    @property
    def _audience_stores(self) -> "AudienceStores":
        from drumbeat.marketing.audience import AudienceStores
        from drumbeat.marketing.audience.store import ContactStore
        from drumbeat.marketing.audience.store_consent import ConsentStore
        from drumbeat.marketing.audience.store_counts import CountStore
        from drumbeat.marketing.audience.store_profile import ProfileStore
        from drumbeat.marketing.audience.store_segments import SegmentStore

        return AudienceStores(
            ContactStore(self.connection, self.office.keys),
            ConsentStore(self.connection),
            SegmentStore(self.connection),
            ProfileStore(self.connection, self.facts, self.office.keys),
            CountStore(self.connection),
            self.office.kept,
            self.as_counted,
        )

    @cached_property
    def imports(self) -> "ImportsService":
        from drumbeat.marketing.audience import ImportsService
        from drumbeat.marketing.audience.store_imports import ImportStore

        stores = self._audience_stores
        store, clock = ImportStore(stores.contacts), self.office.clock
        return ImportsService(self.actor, stores, store, clock, self.office.keys)

    @cached_property
    def buyers(self) -> "BuyersService":
        from drumbeat.marketing.audience import BuyersService
        from drumbeat.marketing.audience.store import ContactStore
        from drumbeat.marketing.audience.store_buyers import BuyerStore

        store = BuyerStore(ContactStore(self.connection, self.office.keys), self.facts)
        return BuyersService(self.actor, store, self.office.clock)

    @cached_property
    def behaviour(self) -> "BehaviourService":
        from drumbeat.marketing.audience import BehaviourService
        from drumbeat.marketing.audience.store_behaviour import BehaviourStore
        from drumbeat.marketing.audience.store_segments import SegmentStore

        segments, facts = SegmentStore(self.connection), BehaviourStore(self.facts)
        return BehaviourService(self.actor, facts, segments, self.office.clock)

    @cached_property
    def segments(self) -> "SegmentsService":
        from drumbeat.marketing.audience import SegmentsService

        stores, record = self._segment_stores, self.accounts.record
        return SegmentsService(self.actor, stores, self.office.clock, record)

    @cached_property
    def comparing(self) -> "ComparingService":
        from drumbeat.marketing.audience import ComparingService

        return ComparingService(self.actor, self._segment_stores, self.office.clock)

    @property
    def _segment_stores(self) -> "SegmentStores":
        from drumbeat.marketing.audience import SegmentStores
        from drumbeat.marketing.audience.store_answers import AnswerStore
        from drumbeat.marketing.audience.store_permits import PermitStore
        from drumbeat.marketing.audience.store_rule_segments import RuleSegmentStore

        office, connection, known = self.office, self.connection, self._audience_stores
        permits, of_criteria = PermitStore(connection), known.segments
        return SegmentStores(
            known.contacts,
            known.consents,
            of_criteria,
            RuleSegmentStore(connection),
            self._mirror_store,
            AnswerStore(self.facts, permits, of_criteria, office.answers),
        )

    @cached_property
    def mirroring(self) -> "MirroringService":
        from drumbeat.marketing.audience import MirroringService

        return MirroringService(self.actor, self._mirror_store, self.office.clock)

    @property
    def _mirror_store(self) -> "MirrorStore":
        from drumbeat.marketing.audience.store_mirror import MirrorStore

        office = self.office
        return MirrorStore(self.connection, office.keys, office.mirror_files, office.mirror)

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
