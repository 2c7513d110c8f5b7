"""The one error of making releases and packages."""


class BuildError(Exception):
    """A release or a package that cannot be made: one sentence that says why."""
