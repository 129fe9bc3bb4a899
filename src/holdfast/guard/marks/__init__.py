"""Whose screen it is, on every page that shows a value: a code one can read, and a faint pattern one cannot see.

In: the session a value is shown in, and when; later a photograph of a screen.
Out: marks to draw, what pages say about them, and a session named by a photograph, or a refusal to guess.
Nothing is kept per session: code and pattern follow from its mark in the log of reveals and a key of the ring.
"""
