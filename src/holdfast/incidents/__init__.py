"""When something breaks or leaks: one incident, its facts, its updates, and everybody who asks about it.

In: a declaration by a person, facts with their source, conversations that are about it. Out: updates that passed their
checks and carry the time of the next one; answers to all linked conversations; commitments followed to their end.
Rooms inside: `words` (texts and approvals), `legal` (clocks), `audiences` (who is told
what), `status` (the public page).
"""
