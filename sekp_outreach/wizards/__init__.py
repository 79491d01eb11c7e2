from . import sekp_adopt_standard
from . import sekp_put_in_force
from . import sekp_allocate
from . import sekp_assign
from . import sekp_close_course
from . import sekp_handover_answer
