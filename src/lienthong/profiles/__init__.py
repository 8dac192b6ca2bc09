"""Floor 2: what differs from one political system to the next, as data behind one type."""

from importlib import import_module

from lienthong.profiles.base import Profile, ProfileUnknown

# Named here, so that a name from a configuration file never picks a module to import.
_PROFILES = {"vn": "lienthong.profiles.vn"}


def load(name: str) -> Profile:
    """Return the profile of that name, such as ``vn``.

    Raises:
        ProfileUnknown: there is none of that name.
    """
    module = _PROFILES.get(name)
    if module is None:
        raise ProfileUnknown(repr(name[:80]), hint=f"Known profiles: {', '.join(sorted(_PROFILES))}.")
    profile: Profile = import_module(module).PROFILE
    return profile


__all__ = ["Profile", "ProfileUnknown", "load"]
