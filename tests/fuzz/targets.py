"""All targets, by their name."""

from typing import Final

from tests.fuzz.faces import FACES
from tests.fuzz.files import FILES
from tests.fuzz.formats import FORMATS
from tests.fuzz.target import Target

TARGETS: Final[dict[str, Target]] = {target.name: target for target in (*FORMATS, *FACES, *FILES)}
