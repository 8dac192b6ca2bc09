"""Text for terminals."""


def plain(text: str) -> str:
    """Return a text as one line in which nothing can steer a terminal: much of what is shown comes from others."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)
