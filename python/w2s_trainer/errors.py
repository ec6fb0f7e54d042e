"""Errors that travel to the asking side. Codes are those of `ErrorCode` in src/errors.ts and of docs/protocol.md."""


class TrainerError(Exception):
    """A request that cannot be answered; `str()` says what was expected, what was found and what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class BadInput(TrainerError):
    """A field does not have the form that it must have."""

    def __init__(self, message: str) -> None:
        super().__init__("bad_input", message)


class Unsupported(TrainerError):
    """A name that this worker does not know."""

    def __init__(self, message: str) -> None:
        super().__init__("unsupported", message)


class DatasetMissing(TrainerError):
    """The dataset has to be put (again); the message is its hash."""

    def __init__(self, dataset_hash: str) -> None:
        super().__init__("dataset_missing", dataset_hash)


class Cancelled(TrainerError):
    """The asking side does not want the answer any more."""

    def __init__(self) -> None:
        super().__init__("cancelled", "The request was cancelled.")


def missing_package(package: str, extras: str) -> TrainerError:
    """`package` is not installed; `extras` is what set-up has to be called with."""
    import sys

    return TrainerError(
        "missing_dependency",
        f"The Python package {package} is not installed in {sys.executable}. "
        f"Run `npx weak-to-strong setup --extras {extras}`.",
    )
