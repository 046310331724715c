"""What waits for a person: a subject, the hash of exactly what was shown, and the decision.

An approval counts for one content hash: an edit supersedes it and asks anew.
"""

from drumbeat.marketing.approvals.model import Approval, ApprovalState
from drumbeat.marketing.approvals.service import ApprovalsService

__all__ = ["Approval", "ApprovalState", "ApprovalsService"]
