"""A storage error that knows its setting."""

from domain.errors import ConfigurationError, StorageError


class MisconfiguredError(StorageError):
    """The store refused, and only a change of configuration mends it.

    While clips are being stored it is a ``StorageError`` like any other, repeated until someone has mended
    the setting; ``prepare`` and ``check`` raise the ``ConfigurationError`` in it.
    """

    def __init__(self, problem: ConfigurationError) -> None:
        super().__init__(problem.message)
        self.problem = problem
