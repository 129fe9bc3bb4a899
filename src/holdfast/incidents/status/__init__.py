"""The public page: what works, what does not, when the next word comes; and whoever asked to be told.

In: what incidents publish. Out: a page without script, JSON in the shape of Statuspage, feeds, mails, webhooks.
"""
