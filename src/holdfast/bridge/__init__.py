"""The crisis room on one screen: what happens (left) and what is owed (right). One call per part; of its own it
only adds up, once a minute, what people ask about.

In: posture, shield, staffing, conversations. Out: `/bridge`, a button per playbook step, and pages to plan with.
"""
