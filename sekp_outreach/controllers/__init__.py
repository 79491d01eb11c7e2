from . import json
from . import report
from . import document
from . import public
from . import dialogue
