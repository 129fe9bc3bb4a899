"""One matter with one customer, across channels: conversation, messages, assignment, place in line.

In: identified contacts from triage; replies, notes and state changes from agents and the assistant.
Out: rows, outbox events for live screens, settled receipts. State is kept as rows (closure, snooze, merge).
Queues live above in `desk`, so this room keeps their ids, not their keys.
"""
