"""The part of the department that knows people: who works here, and who is written to."""

from dataclasses import dataclass
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
    from drumbeat.marketing.audience import (
        AsksService,
        AudienceService,
        AudienceStores,
        BehaviourService,
        BuyersService,
        ComparingService,
        CountingService,
        DuplicatesService,
        FormsService,
        ImportsService,
        MirroringService,
        SegmentsService,
        SegmentStores,
        TopicsService,
    )
    from drumbeat.marketing.audience.store_mirror import MirrorStore
    from drumbeat.storage.warehouse import FactReader


@dataclass(frozen=True)
class AudienceDepartment:
    actor: Actor
    connection: Connection
    office: Office
    as_counted: bool = False
    """Whether figures may be those that the engine counted last, with their `as_of`."""

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
    def duplicates(self) -> "DuplicatesService":
        from drumbeat.marketing.audience import DuplicatesService
        from drumbeat.marketing.audience.store_topics import TopicStore

        people, record = self._audience_stores, self.accounts.record
        who = people.contacts, people.consents, TopicStore(self.connection)
        return DuplicatesService(self.actor, *who, self.office.clock, record)

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
