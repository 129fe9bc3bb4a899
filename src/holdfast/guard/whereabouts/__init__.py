"""From where, when and on which machine values may be opened: rules, where each session works from, leave for a while.

In: rules of an admin for everybody, a role, an employer or a team; network and machine of each session, which `people`
notes when it begins and when they change. Out: for a session, what stands against opening something in it, decided by
a function of the database inside the ticket's own transaction. Signing in, the queue and what is masked stay open to
everybody everywhere.
"""
