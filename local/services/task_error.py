"""How the task of a workflow fails."""


class TaskError(Exception):
    """What Step Functions would see as the error of a task."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(cause)
        self.error, self.cause = error, cause
