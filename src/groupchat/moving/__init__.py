"""Moving: taking history out of one store and bringing it into another (docs/moving.md)."""
