"""The drift check: what the endpoint is asked, beside what its model was trained on (DP-10)."""
