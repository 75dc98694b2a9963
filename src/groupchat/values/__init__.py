"""Small immutable values that everything else uses. They contain no rules of the product."""
