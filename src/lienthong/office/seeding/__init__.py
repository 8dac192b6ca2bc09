"""Fill an empty office: the organs of the profile, and persons to try it and to measure with."""
