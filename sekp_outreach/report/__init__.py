from . import sekp_paper_mixin
from . import sekp_access_request_report
from . import sekp_course_as_citizen
from . import sekp_handover_letter
from . import sekp_written_status
from . import sekp_deadline_notice
from . import sekp_left_without
