from . import sekp_access_request_report
from . import sekp_course_as_citizen
from . import sekp_written_status
from . import sekp_deadline_notice
from . import sekp_left_without
from . import sekp_quality_goals
from . import sekp_committee_report
from . import sekp_homeless_week
