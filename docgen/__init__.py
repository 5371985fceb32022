"""What makes the site: pages from templates, code and settings."""
