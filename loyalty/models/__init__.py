"""What the ledger and everything around it remembers."""

from loyalty.models.columns import TransactionIdField
from loyalty.models.corrections import Adjustment, Dispute, DisputeReason
from loyalty.models.ledger import FREQUENT, Draw, Entry, EntryKind, Lot, Operation, OperationKind, Wallet
from loyalty.models.purchases import Approval, Membership, Purchase, PurchaseLine
from loyalty.models.redemptions import Redemption, RedemptionStatus
from loyalty.models.tiers import Tier

__all__ = [
    "FREQUENT",
    "Adjustment",
    "Approval",
    "Dispute",
    "DisputeReason",
    "Draw",
    "Entry",
    "EntryKind",
    "Lot",
    "Membership",
    "Operation",
    "OperationKind",
    "Purchase",
    "PurchaseLine",
    "Redemption",
    "RedemptionStatus",
    "Tier",
    "TransactionIdField",
    "Wallet",
]
