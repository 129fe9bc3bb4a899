"""How many people are needed when: Erlang formulas, simulation, forecast, whom to call in, and what a storm costs.

In: arrivals, handling times, patience, skills. Out: ranges a person plans with; it says when staffing cannot solve it.
"""
