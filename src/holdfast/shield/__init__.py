"""Surge or flood: evidence per contact and the order of the line.

In: an identified contact. Out: an assessment. In posture `calm` it changes nothing.
"""
