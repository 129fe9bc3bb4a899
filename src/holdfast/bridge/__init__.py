"""The crisis room on one screen: what happens (left) and what is owed (right). Interface only: one call per part.

In: posture, shield, staffing, conversations. Out: `/bridge`, and a button per playbook step.
"""
