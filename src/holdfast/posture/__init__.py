"""The current operating mode (calm, watch, surge, siege, recovery), read by every room.

In: a person's change of posture. Out: `current()`. With `calm` every crisis mechanism is a no-op.
"""
