"""Summary of a run, computed from its publications."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from protocol import codec
from protocol.channels import Kind
from protocol.publications import Draft


class Summary:
    """Sums; ``earned`` is what was paid and not refunded, in UAH."""

    def __init__(self) -> None:
        self.messages: Counter[str] = Counter()
        self.orders = 0
        self.became: Counter[str] = Counter()
        self.alerts: Counter[str] = Counter()
        self.questions = 0
        self.earned = Decimal("0.00")

    def add(self, draft: Draft) -> None:
        """Take a publication into account."""
        self.messages[draft.type] += 1
        match draft.type:
            case "new_order":
                self.orders += 1
            case "order_update" if str(draft.channel).startswith(f"{Kind.ORDER}:"):
                self._moved(draft)
            case "inventory_alert":
                self.alerts[codec.read(bytes(draft.payload))["alert_type"]] += 1
            case "customer_activity":
                self.questions += codec.read(bytes(draft.payload))["action"] == "chat"
            case _:
                pass

    def _moved(self, draft: Draft) -> None:
        update = codec.read(bytes(draft.payload))
        if "previous_status" not in update:
            return
        self.became[update["status"]] += 1
        if update["status"] == "paid":
            self.earned += update["order"]["total"]
        elif update["status"] == "refunded":
            self.earned -= update["order"]["total"]

    def table(self) -> str:
        """Write it as a Markdown table of two columns."""
        rows = [
            ("messages", f"{self.messages.total():,}"),
            *((f"messages: {type_}", f"{n:,}") for type_, n in sorted(self.messages.items())),
            ("orders", f"{self.orders:,}"),
            *((f"orders: {status}", f"{n:,}") for status, n in sorted(self.became.items())),
            *((f"alerts: {kind}", f"{n:,}") for kind, n in sorted(self.alerts.items())),
            ("questions to support", f"{self.questions:,}"),
            ("earned, UAH", f"{self.earned:,.2f}"),
        ]
        lines = ["| | |", "|---|---:|", *(f"| {name} | {value} |" for name, value in rows)]
        return "\n".join(lines)
