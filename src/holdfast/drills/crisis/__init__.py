"""A crisis as a game with a score: a made-up population contacts one support centre, and policies stand side by side.

In: a scenario (TOML) and a seed. Out: a table of what each policy did for genuine customers. All people are synthetic.
`world.py` makes the population, `room.py` plays it in memory, `live.py` through the real door, `scores.py` counts.
"""
