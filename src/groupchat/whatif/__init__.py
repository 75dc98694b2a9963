"""What if: history replayed under another policy, and compared with the real one (docs/whatif.md)."""
