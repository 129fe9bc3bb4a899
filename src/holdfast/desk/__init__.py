"""Where people answer: queues, routing, the agents' workspace.

In: conversations that need a person. Out: replies, notes, transfers, closures, through `conversations`' verbs.
"""
