"""What the architectures cost: from their templates, and one checked-in sheet of list prices."""
