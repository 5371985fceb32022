"""Makes the site of `make docs` from the code: templates, sources, facts and pictures."""
