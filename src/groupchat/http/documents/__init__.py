"""The API's own documentation: problems, schemas, examples, pages."""
