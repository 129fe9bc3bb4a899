"""Watching with reasons, never scores: budgets, signals, canaries, and the common point of what customers report.

In: rows of the log of reveals with what the rooms above know of their cases; reports of customers.
Out: a refusal over budget, decided in the ticket's own transaction; signals as sentences, with what would clear them.
By itself the house only masks, gives smaller budgets, or asks for a second approver of another organisation. Nobody is
named before two independent signals and a person's decision.
"""
