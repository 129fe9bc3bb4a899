"""The worker's loop: claims accepted contacts in batches and walks them through the rooms.

In: accepted receipts (leased with SKIP LOCKED). Out: conversations answered or queued, receipts settled.
One poisoned contact is parked with its reason; the rest of its batch goes on.
"""
