from . import sekp_access_request_report
from . import sekp_course_as_citizen
