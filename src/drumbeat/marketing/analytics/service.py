"""Use cases of measuring: a mailing's report, its arms, its hours, and the house's totals."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.clock import Clock
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.kit.money import to_major
from drumbeat.marketing.analytics import rules
from drumbeat.marketing.analytics.metrics import measure
from drumbeat.marketing.analytics.model import (
    ArmReport,
    CampaignReport,
    ContactFigures,
    Happening,
    HourlyCurve,
    Totals,
)
from drumbeat.marketing.analytics.store import AnalyticsStore
from drumbeat.marketing.analytics.store_contact import happening_of
from drumbeat.marketing.analytics.store_figures import Figures
from drumbeat.marketing.analytics.timeline import TimelinePage, end_of, place_of

COUNTING = "figures.count"
"""The job that counts figures beforehand: while nobody holds its lease, readers count."""


@dataclass(frozen=True)
class AnalyticsService:
    actor: Actor
    store: AnalyticsStore
    clock: Clock
    cost_per_email: float

    def campaign_report(
        self,
        mailing_no: MailingNo,
        campaign_type: str = "",
        *,
        cost_per_email: float | None = None,
    ) -> CampaignReport:
        """What one mailing did, compared with the reference values of its type.

        Every figure is None while nothing was sent.
        """
        self.actor.require(Scope.EVENTS_READ)
        as_of = self.as_of(mailing_no)
        counts = self.store.count_mailing(mailing_no)
        cost = self.cost_per_email if cost_per_email is None else cost_per_email
        benchmark = rules.benchmark_for(campaign_type)
        return CampaignReport(
            mailing_no=mailing_no,
            campaign_type=campaign_type,
            as_of=as_of,
            performance_metrics=rules.headline(measure(counts)),
            performance_analysis=rules.analyse(counts, benchmark, cost),
            funnel=rules.funnel(counts),
            left_out=self.store.count_left_out(mailing_no),
        )

    def as_of(self, mailing_no: MailingNo) -> datetime:
        """The moment that the figures of the mailing are true of: now, or when it was counted."""
        self.actor.require(Scope.EVENTS_READ)
        return self.store.find_counted_at(mailing_no) or self.clock()

    def revision_of(self, mailing_no: MailingNo) -> Hashable | None:
        """Equal for two reading units in which the report, arms and hours of the mailing are equal.

        None in a writing unit.
        """
        self.actor.require(Scope.EVENTS_READ)
        return self.store.revision_of(mailing_no)

    def find_outdated(self) -> MailingNo | None:
        """A mailing whose facts changed since its figures were counted; None if there is none."""
        self.actor.require(Scope.FACTS_FOLD)
        return self.store.figures.find_outdated()

    def recount(self, mailing_no: MailingNo) -> Figures:
        """Count the mailing's facts, in a reading unit. Dear: nobody should wait for it."""
        self.actor.require(Scope.FACTS_FOLD)
        return self.store.recount(mailing_no, self.clock())

    def save_figures(self, figures: Figures) -> None:
        """What readers who need not wait are told until it is counted again."""
        self.actor.require(Scope.FACTS_FOLD)
        self.store.figures.save(figures)

    def arm_counts(self, mailing_no: MailingNo) -> ArmReport:
        """The counts of each arm, for experiments to judge; an arm nobody was sent is absent."""
        self.actor.require(Scope.EVENTS_READ)
        return ArmReport(mailing_no, self.as_of(mailing_no), self.store.count_arms(mailing_no))

    def hourly(
        self, mailing_no: MailingNo, zones: Mapping[ContactNo, str] | None = None
    ) -> HourlyCurve:
        """First human opens and clicks by hour after the send and by hour of the day.

        `zones` (contact to IANA zone) adds the local hour, for the contacts it names.
        """
        self.actor.require(Scope.EVENTS_READ)
        as_of = self.as_of(mailing_no)
        return HourlyCurve(mailing_no, as_of, *self.store.count_hours(mailing_no, zones))

    def timeline(self, contact_no: ContactNo, *, limit: int = 200) -> list[Happening]:
        """What one contact did and was sent, newest first; machines' deeds are marked."""
        self.actor.require(Scope.EVENTS_READ)
        self.actor.require(Scope.AUDIENCE_READ)
        rows = self.store.contacts.list_rows(contact_no, min(max(limit, 1), 1_000))
        return [happening_of(row) for row in rows]

    def timeline_page(
        self, contact_no: ContactNo, cursor: str | None = None, *, limit: int = 200
    ) -> TimelinePage:
        """The same page by page, as far back as anything is known. Raises InvalidInput."""
        self.actor.require(Scope.EVENTS_READ)
        self.actor.require(Scope.AUDIENCE_READ)
        before, most = place_of(cursor), min(max(limit, 1), 1_000)
        rows = self.store.contacts.list_rows(contact_no, most + 1, before)
        shown, more = rows[:most], len(rows) > most
        following = end_of(shown, before).cursor if more else None
        return TimelinePage([happening_of(row) for row in shown], following)

    def contact_figures(self, contact_no: ContactNo) -> ContactFigures:
        """How often one contact opened, clicked and bought in all, when last, and for how much."""
        self.actor.require(Scope.EVENTS_READ)
        self.actor.require(Scope.AUDIENCE_READ)
        return self.store.contacts.count(contact_no)

    def status(self) -> Totals:
        """What all mailings together did; revenue is None before anything was sent."""
        self.actor.require(Scope.EVENTS_READ)
        as_of = self.clock()
        mailings, messages, revenue = self.store.count_all()
        return Totals(
            as_of=as_of,
            mailings_sent=mailings,
            emails_sent=messages,
            total_revenue_generated=to_major(revenue.minor, revenue.currency) if messages else None,
            currency=revenue.currency,
            other_revenue=revenue.others,
        )
