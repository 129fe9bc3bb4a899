"""Goodwill: an offer to those whom an incident cost something, with limits, a budget, and a group that gets none.

In: a frozen audience or a rule, an amount, and who approves so much. Out: single-use codes in a campaign, what the
company's own systems redeemed, and whether it helped. Never inside a notice that data reached somebody.
"""
