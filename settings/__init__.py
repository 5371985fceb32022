"""What a user of each architecture may want to change: typed, with the limits that AWS sets."""
