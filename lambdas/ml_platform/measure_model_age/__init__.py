"""How old the newest registered model is: what no alarm can find out by itself (DP-12)."""
