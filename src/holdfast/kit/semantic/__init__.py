"""English sentences as vectors: MiniLM (`all-MiniLM-L6-v2`) run by numpy alone.

In: texts. Out: one vector of 384 numbers and length 1 per text; near in meaning is near in angle.
`encoder.available()` returns the encoder, or None where its weights are not installed or not what they should be:
everything that uses it goes on without. No torch, no model hub, no code of others: `carrier.py` finds and verifies the
weights, `safetensors.py` reads them, `wordpiece.py` cuts texts into pieces, `network.py` computes.
"""
