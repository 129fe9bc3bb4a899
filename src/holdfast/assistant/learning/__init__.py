"""Learning from people: what they resolved becomes a way of asking for an article, once somebody has looked at it.

In: matters that people answered and closed. Out: new ways of asking in `knowledge`, tried beside the old ones first,
taken live by a person and taken back by one. Nothing a customer wrote is learnt without that, and never with values.

    resolved matter ─▶ candidate (scrubbed, once) ─▶ a lead approves it for an article ─▶ teaches, or measures (1 in 5)
    teaching ones ─▶ a release, tried on the measuring ones ─▶ live ─▶ taken back
"""
