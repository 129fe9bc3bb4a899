"""The words for bad days: templates, approvals, statements that may not be made, and the check before anything leaves.

In: a text and the facts it may rest on. Out: what is wrong with it, in sentences. Knows no incident: it is handed what
it needs.
"""
