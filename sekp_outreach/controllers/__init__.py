from . import json
from . import report
from . import document
