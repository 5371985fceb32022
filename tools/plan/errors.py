"""What stops a plan."""


class PlanError(Exception):
    """What the user can act on. The message is for the user."""
