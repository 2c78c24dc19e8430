"""What can go wrong with a worker, in one sentence each."""


class WorkerError(RuntimeError):
    """A request failed, or its process did; one sentence. `kind` names the child's exception."""

    def __init__(self, text: str, kind: str = "") -> None:
        super().__init__(text)
        self.kind = kind


class WorkerMissing(WorkerError):
    """What the process needs is not installed."""


class Overdue(Exception):
    """The process was told to come to an end, did not in time, and was ended."""


class Died(Exception):
    """The process ended while it was asked; `str` says how."""
