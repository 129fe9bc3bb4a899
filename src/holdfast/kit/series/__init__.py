"""What is usual, and when it is not: counts per minute, their seasonal baseline, and episodes in which they leave it.

In: a count per minute of one series or of thousands, a calendar. Out: what to expect with its band, alarms that are
de-duplicated into episodes, and sentences that say what changed. Pure numpy; knows no database and no domain.
"""
