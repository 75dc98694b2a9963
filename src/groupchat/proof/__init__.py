"""Proof: a Merkle tree over the log, checkpoints that are signed, and what they show to others (docs/proof.md, R70)."""
