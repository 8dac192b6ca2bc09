"""What a child process is asked to read (``child``), said by who starts it (``keeping``)."""

import msgspec


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be read, and what it may cost."""

    # Bounds the child puts on itself: seconds of the processor, bytes.
    seconds: int
    memory: int
    # So many first pages, and characters.
    pages: int
    characters: int
