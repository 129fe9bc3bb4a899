"""Blast radius: whose data some accounts could know from a time, how each of them could, and how sure that is.

In: accounts, an interval, fields; the log of reveals, grants, acts, and what pages showed under masks.
Out: customers by class, kept apart; sentences on what the list covers and where it ends; a report that is signed.
Ids only: `incidents/radius` puts account references to them and hands them on. Seen is not leaked.
"""
