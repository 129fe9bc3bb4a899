"""Real incidents to rehearse: what was said, when, to whom, by a scripted team in a real house on a simulated clock.

In: a case as a TOML file, with facts and their sources. Out: a score per team, from the world's truth.
"""
