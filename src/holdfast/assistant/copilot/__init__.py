"""The assistant beside an agent: a reply to start from, what to do next, what it is about, the other language.

In: a case that waits for an answer and is the agent's own, or nobody's (`reading.py`).
Out: words and addresses for the agent's screen. Nothing here writes to a customer or acts: the person does, or not.
"""
