"""What was promised, to whom, by when, and what became of it.

In: a promise made, renewed, kept or given up by any room, told by kind and subject. Out: notices before it is due,
and whether it was kept, late or broken. Knows no incident, callback or customer: only ids.
"""
