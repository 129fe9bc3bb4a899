"""Agents of an outsourcer sell what they see: one world of days, played by four houses, and scored from the truth.

In: a scenario (TOML), a way of stealing, a seed. Out: a table of what left, who was found, and who was told. `world.py`
makes the days, `baselines.py` plays three houses in memory, `live.py` the real one through the real gate: `staff.py`,
`cases.py` and `made_up.py` are its rows, `record.py` is what a look reads, `officer.py` who decides. `scores.py`
counts. Everybody in it is made up.
"""
