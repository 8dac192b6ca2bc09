"""Names of static files: with hashes as ``make assets`` collected them."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise ships no types
    """The collected files, or, where nothing is built, plain names: pages without style, but pages.

    A checkout needs Node.js only where somebody looks at pages; tests of actions and answers do not.
    """

    def stored_name(self, name: str) -> str:
        """Return the name to ask for."""
        if not self.hashed_files:
            return name
        return str(super().stored_name(name))
