"""What if: history replayed under another policy, and compared with what it was (docs/whatif.md)."""
