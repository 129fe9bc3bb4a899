"""Calls by named executives: who is called next and why, who has whom, what was said, and what was promised.

In: a frozen audience, conversations about the incident, approved talking points. Out: promises in the ledger, and whom
mass mail and surveys leave alone meanwhile.
"""
