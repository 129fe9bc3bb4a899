"""Plays contacts and whole crises through the real door, and keeps score; Tidewater, the fictional bank.

In: files of contacts, scenarios. Out: a report in which every contact is accounted for.
"""
