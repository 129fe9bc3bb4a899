"""Who is cut off: an employer, a site, a team or a person, at once and everywhere, until two people agree otherwise.

In: a decision, with the people it means (`people.cutting_off` knows them). Out: for anybody, whether they are cut off
and the epoch under which their sessions and links were made; a hold on what they saw, which nothing erases.
It stands beside the gate because everything that serves somebody asks it; ids only, for names live in rooms above.
"""
