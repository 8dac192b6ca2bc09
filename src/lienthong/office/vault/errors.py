"""What is refused of files, in words for whoever brought or asked for them."""

from lienthong.office.core.errors import Conflict, Invalid, NotFound, OfficeError


class FileTooLarge(Invalid):
    """The file is too large."""

    code = "file_too_large"
    hint = "Send a smaller one, or divide it."


class FileInfected(Invalid):
    """The file holds a virus."""

    code = "file_infected"
    hint = "It was not kept; have the machine it comes from looked at."


class ScannerUnavailable(OfficeError):
    """The file cannot be looked through for viruses now."""

    code = "scanner_unavailable"
    hint = "Try again in some minutes; if it stays, tell your administrator."


class FilesUnavailable(OfficeError):
    """Files cannot be kept or read now."""

    code = "files_unavailable"
    hint = "Try again in some minutes; if it stays, tell your administrator."


class FileShredded(NotFound):
    """The file was destroyed."""

    code = "file_shredded"
    hint = "Its record tells when and by whom; nobody can bring it back."


class KeyInUse(Conflict):
    """The key still opens files, or is the one that new files get."""

    code = "key_in_use"
    hint = "Renew the organ's key and wait until its files are under the new one."
