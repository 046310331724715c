"""Audience: who they are, what they allowed, and the segments that name them.

Everyone gets in by `merge_contacts` (the import is a loop over it), everyone gets out by
`withdraw` or `suppress`, and who may be mailed is answered by `permissions` alone.
"""

from drumbeat.marketing.audience.addresses import Address, NotAnAddress, normalise_address
from drumbeat.marketing.audience.asks import AsksService
from drumbeat.marketing.audience.behaviour import BehaviourService
from drumbeat.marketing.audience.buyers import BuyersService
from drumbeat.marketing.audience.columns import FIELDS, IGNORED, read_mapping
from drumbeat.marketing.audience.comparing import ComparingService, Overlap, Suggestions
from drumbeat.marketing.audience.contact_ids import contact_id_of, contact_no_of
from drumbeat.marketing.audience.counting import CountingService
from drumbeat.marketing.audience.deeds import Behaviour, Deed, DeedsOfOne, Signs
from drumbeat.marketing.audience.duplicate_rules import Sign as DuplicateSign
from drumbeat.marketing.audience.duplicates import DuplicatesService, Merging
from drumbeat.marketing.audience.embedding import show_form
from drumbeat.marketing.audience.engagement import Engagement
from drumbeat.marketing.audience.erasing import ErasingService, Retention
from drumbeat.marketing.audience.forms import WORDING, FormsService
from drumbeat.marketing.audience.import_report import (
    ImportOptions,
    ImportProgress,
    ImportReport,
    Problem,
    Unmapped,
)
from drumbeat.marketing.audience.import_run import ImportUnit
from drumbeat.marketing.audience.importing import ImportsService
from drumbeat.marketing.audience.imports import import_contacts
from drumbeat.marketing.audience.insights import (
    Grouped,
    Traced,
    Valued,
    foretell_audience,
    gain_in_words,
    group_audience,
    reason_in_words,
    score_audience,
    structure_in_words,
    trace_audience,
    trait_in_words,
    value_audience,
)
from drumbeat.marketing.audience.labelling import label_profile, segment_audience
from drumbeat.marketing.audience.merging import SeenContacts
from drumbeat.marketing.audience.mirroring import MirroringService
from drumbeat.marketing.audience.model import (
    ANSWER_TOPIC,
    MARKETING_TOPIC,
    Attribute,
    AudienceArrays,
    AudienceCounts,
    Bought,
    Buyers,
    Consent,
    ConsentProof,
    Contact,
    ContactRow,
    Criterion,
    DraftSegment,
    MergeCounts,
    MergePolicy,
    Permission,
    Profile,
    RecipientFields,
    Refusal,
    Segment,
    SuppressionReason,
    ZoneSource,
)
from drumbeat.marketing.audience.model_asks import (
    Answered,
    Ask,
    AskKind,
    AskState,
    SignupForm,
    Taken,
    Visitor,
)
from drumbeat.marketing.audience.model_erasure import Erasure
from drumbeat.marketing.audience.model_topics import (
    MARKETING_KEY,
    PAUSE_DAYS,
    Asked,
    Choices,
    SaleOptOut,
    Topic,
    TopicChoice,
)
from drumbeat.marketing.audience.patterns import (
    Alike,
    Foretold,
    find_alike,
    foretell,
    group_people,
    trace_stages,
)
from drumbeat.marketing.audience.persons import SegmentStores
from drumbeat.marketing.audience.putting import PutProblem, PutReport, ToldContact, put_contacts
from drumbeat.marketing.audience.rules import read_criterion
from drumbeat.marketing.audience.scores import RFM_SEGMENTS
from drumbeat.marketing.audience.scoring import Scored, read_cuts, score_buyers
from drumbeat.marketing.audience.segment_worth import SegmentWorth, worth_of_segments
from drumbeat.marketing.audience.segmenting import (
    Explanation,
    Part,
    Preview,
    SegmentsService,
    define_segment,
    refresh_segment,
)
from drumbeat.marketing.audience.service import UNIT_ROWS, AudienceService, AudienceStores
from drumbeat.marketing.audience.store_rule_segments import Change
from drumbeat.marketing.audience.topics import TopicsService, open_evidence
from drumbeat.marketing.audience.units import audience_units, segment_units
from drumbeat.marketing.audience.valuing import (
    LONGEST_HORIZON,
    Valuation,
    judge_before,
    value_buyers,
)

__all__ = [
    "ANSWER_TOPIC",
    "FIELDS",
    "IGNORED",
    "LONGEST_HORIZON",
    "MARKETING_KEY",
    "MARKETING_TOPIC",
    "PAUSE_DAYS",
    "RFM_SEGMENTS",
    "UNIT_ROWS",
    "WORDING",
    "Address",
    "Alike",
    "Answered",
    "Ask",
    "AskKind",
    "AskState",
    "Asked",
    "AsksService",
    "Attribute",
    "AudienceArrays",
    "AudienceCounts",
    "AudienceService",
    "AudienceStores",
    "Behaviour",
    "BehaviourService",
    "Bought",
    "Buyers",
    "BuyersService",
    "Change",
    "Choices",
    "ComparingService",
    "Consent",
    "ConsentProof",
    "Contact",
    "ContactRow",
    "CountingService",
    "Criterion",
    "Deed",
    "DeedsOfOne",
    "DraftSegment",
    "DuplicateSign",
    "DuplicatesService",
    "Engagement",
    "ErasingService",
    "Erasure",
    "Explanation",
    "Foretold",
    "FormsService",
    "Grouped",
    "ImportOptions",
    "ImportProgress",
    "ImportReport",
    "ImportUnit",
    "ImportsService",
    "MergeCounts",
    "MergePolicy",
    "Merging",
    "MirroringService",
    "NotAnAddress",
    "Overlap",
    "Part",
    "Permission",
    "Preview",
    "Problem",
    "Profile",
    "PutProblem",
    "PutReport",
    "RecipientFields",
    "Refusal",
    "Retention",
    "SaleOptOut",
    "Scored",
    "SeenContacts",
    "Segment",
    "SegmentStores",
    "SegmentWorth",
    "SegmentsService",
    "Signs",
    "SignupForm",
    "Suggestions",
    "SuppressionReason",
    "Taken",
    "ToldContact",
    "Topic",
    "TopicChoice",
    "TopicsService",
    "Traced",
    "Unmapped",
    "Valuation",
    "Valued",
    "Visitor",
    "ZoneSource",
    "audience_units",
    "contact_id_of",
    "contact_no_of",
    "define_segment",
    "find_alike",
    "foretell",
    "foretell_audience",
    "gain_in_words",
    "group_audience",
    "group_people",
    "import_contacts",
    "judge_before",
    "label_profile",
    "normalise_address",
    "open_evidence",
    "put_contacts",
    "read_criterion",
    "read_cuts",
    "read_mapping",
    "reason_in_words",
    "refresh_segment",
    "score_audience",
    "score_buyers",
    "segment_audience",
    "segment_units",
    "show_form",
    "structure_in_words",
    "trace_audience",
    "trace_stages",
    "trait_in_words",
    "value_audience",
    "value_buyers",
    "worth_of_segments",
]
