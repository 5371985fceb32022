"""The error of a plan."""


class PlanError(Exception):
    """Something that the user can correct. The message is for the user."""
