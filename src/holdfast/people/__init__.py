"""Who is who: customers and their identities, agents, teams and the vendors that employ them.

In: senders from accepted contacts, sign-ins. Out: a customer with a verification level, an agent with a role.
Customer values are sealed (`guard`); this room stores them and never opens them.
"""
