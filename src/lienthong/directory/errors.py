"""What can be wrong with the directory, its source folder, its keys or what a mirror offers."""

from lienthong.kernel.errors import BadInput, LienthongError


class DirectoryError(LienthongError):
    """The directory cannot be used."""

    code = "directory_error"
    hint = "Run `lienthong doctor`."


class SourceInvalid(BadInput):
    """The directory's source folder is not in order."""

    code = "directory_source"
    hint = "Correct the file at that place and run the command again."


class RoleKeyError(DirectoryError):
    """A key that signs the directory cannot be used."""

    code = "directory_role_key"
    hint = "Check the key file and the passphrase (LIENTHONG_PASSPHRASE_FILE names its file)."


class NotSigned(DirectoryError):
    """The directory is not signed as it stands."""

    code = "directory_not_signed"
    hint = "Have the holder of the key run `lienthong directory sign`."


class DirectoryMissing(DirectoryError):
    """There is no directory here yet."""

    code = "directory_missing"
    hint = "Connect the gateway to the centre once so that it can fetch the directory."


class DirectoryUnreachable(DirectoryError):
    """The directory cannot be fetched."""

    code = "directory_unreachable"
    hint = "Check the connection; the gateway goes on with what it has until that expires."


class DirectoryRefused(DirectoryError):
    """The directory on offer is not what its keys signed."""

    code = "directory_refused"
    hint = "Tell the centre; the gateway goes on with what it has until that expires."


class DirectoryRolledBack(DirectoryRefused):
    """The directory on offer is older than the one already known."""

    code = "directory_rolled_back"


class DirectoryExpired(DirectoryRefused):
    """The directory on offer has expired."""

    code = "directory_expired"
    hint = "Check this machine's clock; if it is right, someone holds back the centre's newer directory."
