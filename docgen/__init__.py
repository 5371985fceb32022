"""Makes the site of `make docs` from the code, its templates, and the facts in `docs/`."""
