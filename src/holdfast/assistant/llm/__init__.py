"""An optional language model: it chooses among closed commands, or words what given passages say. Nothing else.

In: what a customer wrote, scrubbed here, and what the house allows this turn (`contract.py`).
Out: a `Command`, a `Draft` or `None`. No verb here raises; `None` means: go on without a model, in the same turn.
Rights, confirmations, citations and the way to a person are kept outside, by code that no words can change.
"""
