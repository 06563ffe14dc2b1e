"""Summary of a run, computed from its publications."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from protocol import codec
from protocol.channels import ChannelKind
from protocol.publications import PublishRequest


class RunSummary:
    """Totals of a run; ``revenue`` is what was paid and not refunded, in UAH."""

    def __init__(self) -> None:
        self.messages: Counter[str] = Counter()
        self.orders = 0
        self.orders_by_new_status: Counter[str] = Counter()
        self.alerts: Counter[str] = Counter()
        self.questions = 0
        self.revenue = Decimal("0.00")

    def add(self, publication: PublishRequest) -> None:
        """Add a publication."""
        self.messages[publication.type] += 1
        match publication.type:
            case "new_order":
                self.orders += 1
            case "order_update" if str(publication.channel).startswith(f"{ChannelKind.ORDER}:"):
                self._add_order_update(publication)
            case "inventory_alert":
                self.alerts[codec.decode_json(bytes(publication.payload))["alert_type"]] += 1
            case "customer_activity":
                self.questions += codec.decode_json(bytes(publication.payload))["action"] == "chat"
            case _:
                pass

    def _add_order_update(self, publication: PublishRequest) -> None:
        update = codec.decode_json(bytes(publication.payload))
        if "previous_status" not in update:
            return
        self.orders_by_new_status[update["status"]] += 1
        if update["status"] == "paid":
            self.revenue += update["order"]["total"]
        elif update["status"] == "refunded":
            self.revenue -= update["order"]["total"]

    def table(self) -> str:
        """Return the summary as a Markdown table."""
        rows = [
            ("messages", f"{self.messages.total():,}"),
            *((f"messages: {type_}", f"{n:,}") for type_, n in sorted(self.messages.items())),
            ("orders", f"{self.orders:,}"),
            *(
                (f"orders: {status}", f"{n:,}")
                for status, n in sorted(self.orders_by_new_status.items())
            ),
            *((f"alerts: {kind}", f"{n:,}") for kind, n in sorted(self.alerts.items())),
            ("questions to support", f"{self.questions:,}"),
            ("earned, UAH", f"{self.revenue:,.2f}"),
        ]
        lines = ["| | |", "|---|---:|", *(f"| {name} | {value} |" for name, value in rows)]
        return "\n".join(lines)
