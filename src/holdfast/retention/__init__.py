"""Keeping nothing longer than needed: what runs out when, what is held all the same, and taking it out at night.

In: how many days an admin keeps each kind of thing, holds, the clock. Out: calls of each room's own verb that forgets,
a few hundred rows at a time; one line of figures a run, in the log as well. Off until somebody turns it on.
"""
