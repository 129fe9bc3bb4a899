"""What is watched, gathered from the rooms below and shown to security: the house's side of `guard.watching`.

In: the log of reveals, assignments, closures and messages round it; made-up customers to plant; reports of customers.
Out: facts for the signals; `looking.look()`; pages for security, and everybody's own budget and record.
"""
