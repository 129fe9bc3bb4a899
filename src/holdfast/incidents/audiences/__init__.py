"""Who is told what: audiences frozen at a time, calls by named executives, and goodwill with its limits.

In: facts of the company about whom an incident touched, files, queries. Out: counts with reasons, and lists for
sending.
"""
