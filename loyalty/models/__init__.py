"""What the ledger and everything around it remembers."""

from loyalty.models.churn import ChurnModel, ChurnScore
from loyalty.models.clearing import ClearingLine, SharedCost
from loyalty.models.columns import TransactionIdField
from loyalty.models.corrections import Adjustment, Dispute, DisputeReason
from loyalty.models.earning import MOST_FACTOR, EarningRule, Occasion, RuleGiven, RuleKind
from loyalty.models.imports import AT_WORK, Import, ImportFile, ImportKind, ImportRow, ImportState
from loyalty.models.ledger import FREQUENT, Draw, Entry, EntryKind, Lot, Operation, OperationKind, Pending, Wallet
from loyalty.models.purchases import Approval, Membership, Purchase, PurchaseLine, Refund, RefundLine
from loyalty.models.redemptions import Redemption, RedemptionStatus
from loyalty.models.rewards import (
    LimitPeriod,
    Reward,
    RewardChange,
    RewardIcon,
    RewardPicture,
    ShownCode,
    SpendingCode,
)
from loyalty.models.tiers import MOST_TIER_FACTOR, Tier, TierCause, TierChange
from loyalty.models.warnings import ExpiryWarning

__all__ = [
    "AT_WORK",
    "FREQUENT",
    "MOST_FACTOR",
    "MOST_TIER_FACTOR",
    "Adjustment",
    "Approval",
    "ChurnModel",
    "ChurnScore",
    "ClearingLine",
    "Dispute",
    "DisputeReason",
    "Draw",
    "EarningRule",
    "Entry",
    "EntryKind",
    "ExpiryWarning",
    "Import",
    "ImportFile",
    "ImportKind",
    "ImportRow",
    "ImportState",
    "LimitPeriod",
    "Lot",
    "Membership",
    "Occasion",
    "Operation",
    "OperationKind",
    "Pending",
    "Purchase",
    "PurchaseLine",
    "Redemption",
    "RedemptionStatus",
    "Refund",
    "RefundLine",
    "Reward",
    "RewardChange",
    "RewardIcon",
    "RewardPicture",
    "RuleGiven",
    "RuleKind",
    "SharedCost",
    "ShownCode",
    "SpendingCode",
    "Tier",
    "TierCause",
    "TierChange",
    "TransactionIdField",
    "Wallet",
]
