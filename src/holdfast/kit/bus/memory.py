"""A bus within one process, for tests and single-process tools."""

from __future__ import annotations

from collections import defaultdict

from holdfast.kit.bus import Subscription


class MemoryBus:
    """Hands each notice straight to the subscribers of its channel."""

    def __init__(self) -> None:
        self._subscriptions: defaultdict[str, list[Subscription]] = defaultdict(list)

    async def publish(self, channel: str, payload: str = "") -> None:
        """Send a notice to everybody who is subscribed now."""
        for subscription in list(self._subscriptions[channel]):
            subscription.put(payload)

    def subscribe(self, channel: str) -> Subscription:
        """Receive the notices of `channel` from now on."""
        subscription = Subscription(on_close=self._subscriptions[channel].remove)
        self._subscriptions[channel].append(subscription)
        return subscription

    async def close(self) -> None:
        """End all subscriptions."""
        for subscriptions in list(self._subscriptions.values()):
            for subscription in list(subscriptions):
                subscription.close()
