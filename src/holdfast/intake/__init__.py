"""The front door: a contact is durable before it is acknowledged, and every receipt can be accounted for.

In: contacts from HTTP, SMTP, IMAP, chat. Out: receipts; `settle` records what became of each.
When PostgreSQL is away contacts go to an fsynced spool and are drained later. Nothing is dropped.
"""
