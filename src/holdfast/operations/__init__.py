"""Connectors to the company's own systems: facts about cards, payments, transfers and refunds.

In: a customer's account reference. Out: typed facts with their source and time, or `OperationsUnavailable`.
Calls have a time limit and a circuit breaker: when the systems are away, people are still heard.
"""
