"""The first answer: an article's own words when they fit, otherwise a person.

In: a conversation. Out: `Answer`, `Action` or `HandOver` (`contract.py`). It never blocks the way to a person.
"""
