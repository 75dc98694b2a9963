"""Small immutable values that everything else is made of; they know no rule of the product."""
