"""Clocks of regulators: regimes as data with their source, and the clocks an incident has started.

In: a logged act (aware, determined, classified). Out: what is due, to whom, by when. Legal decides; this only counts.
"""
