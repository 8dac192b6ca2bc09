"""What several groups of commands refuse."""

from lienthong.kernel.errors import BadInput


class FileTaken(BadInput):
    """The file is there already."""

    code = "file_taken"
    hint = "Name another file, or replace it with --force."


class FileUnreadable(BadInput):
    """The file cannot be read."""

    code = "file_cannot_be_read"
    hint = "Correct its name, or who may read it."


class FileUnwritable(BadInput):
    """The file cannot be written."""

    code = "file_cannot_be_written"
    hint = "Correct its name, who may write there, or make room."
