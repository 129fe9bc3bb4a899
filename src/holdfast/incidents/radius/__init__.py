"""From a blast radius to people: accounts by vendor, team and name, account references, and what is handed on.

In: which accounts, from when to when. Out: a signed report; a list for an audience, facts for an incident, and the
proposal to declare awareness, which a person declares. Counting is `guard/radius`.
"""
