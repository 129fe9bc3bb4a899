"""Small tools without a domain: clock, ids, group commit, outbox, bus, leases, blobs.

In: plain values. Out: plain values. The outbox row is the only Django model here.
Anything that knows what a customer or a contact is belongs in another room.
"""
