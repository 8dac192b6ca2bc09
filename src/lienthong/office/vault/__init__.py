"""The files of the office, encrypted wherever they lie."""
