"""The log that cannot be rewritten unseen: a Merkle tree over everything that was asked of the gate.

In: committed rows of the reveal log, releases of values, and acts such as an export, through one reading function.
Out: leaves in one order, signed checkpoints, proofs, cosignatures of witnesses, a bundle an auditor checks without us.
An entry proves without telling: who, whose and which case are salted hashes, and a salt can be destroyed.
"""
