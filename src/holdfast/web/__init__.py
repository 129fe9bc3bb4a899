"""The shell of every screen: base templates, components, static files. No domain logic.

In: contexts from the rooms' views. Out: HTML, styles and scripts that satisfy a strict content security policy.
"""
