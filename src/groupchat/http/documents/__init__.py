"""What the API says about itself: problems, schemas, examples, pages."""
