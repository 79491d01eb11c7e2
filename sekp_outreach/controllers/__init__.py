from . import json
from . import export
from . import report
from . import document
from . import public
from . import dialogue
from . import webmanifest
