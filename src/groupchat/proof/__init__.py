"""Proof: a Merkle tree over the log, signed checkpoints, and the proofs that they allow (docs/proof.md, R70)."""
