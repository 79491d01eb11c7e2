"""What people do, and what is nearest to it on the peers."""

from dataclasses import dataclass

from .client import is_systray

OURS, CRM, PROJECT = "sekp", "crm", "project"
LIST, BOARD = ".o_list_view .o_data_row", ".o_kanban_view .o_kanban_record"
ACTIVITY, FORM = ".o_activity_view", ".o_form_view .o_field_widget"
CALENDAR, PIVOT = ".o_calendar_view .fc", ".o_pivot_view, .o_graph_view"
MINE = "sekp_outreach.sekp_course_action_mine"
COURSES = "sekp_outreach.sekp_course_action"
PIPELINE, TASKS = "crm.crm_lead_action_pipeline", "project.action_view_my_task"


@dataclass(frozen=True)
class Page:
    """One thing somebody looks at.

    :param str name: of the operation, the same for ours and for the peers
    :param str whose: ours or a peer
    :param str login: who
    :param str action: XML id
    :param str wait: selector of what shows that it is there
    :param str view: type, where it is not the first
    :param str record: SQL that gives the id of what is opened
    :param str text: what is searched for
    :param bool systray: only what stands at the top of every page
    """

    name: str
    whose: str
    login: str
    action: str
    wait: str
    view: str = ""
    record: str = ""
    text: str = ""
    systray: bool = False

    def path(self, ids):
        """The address behind the server's."""
        path = f"/odoo/action-{self.action}"
        if self.record:
            path += f"/{ids(self.record)}"
        return path + (f"?view_type={self.view}" if self.view else "")

    def calls(self, recorder, ids):
        """What the client asks for it."""
        found = recorder.record(self.path(ids), self.wait, self.text)
        return [call for call in found if is_systray(call) == self.systray]


WORKER, SUPERVISOR = "worker0.0", "supervisor.0"
USER = "(SELECT id FROM res_users WHERE login = 'worker0.0')"
OWN_COURSE = (
    f"SELECT min(id) FROM sekp_course WHERE contact_person_id = {USER} "
    "AND phase != 'closed'"
)
OWN_LEAD = (
    "SELECT min(l.id) FROM crm_lead l JOIN crm_stage s ON s.id = stage_id "
    f"WHERE user_id = {USER} AND NOT COALESCE(is_won, false)"
)
OWN_TASK = (
    "SELECT min(t.id) FROM project_task t JOIN project_task_user_rel r "
    f"ON r.task_id = t.id WHERE r.user_id = {USER} AND state = '01_in_progress' "
    "AND project_id IS NOT NULL"
)
PAGES = (
    Page("own list", OURS, WORKER, MINE, LIST),
    Page("own list", CRM, WORKER, PIPELINE, LIST, "list"),
    Page("own list", PROJECT, WORKER, TASKS, LIST, "list"),
    Page("board", OURS, WORKER, MINE, BOARD, "kanban"),
    Page("board", CRM, WORKER, PIPELINE, BOARD, "kanban"),
    Page("board", PROJECT, WORKER, TASKS, BOARD, "kanban"),
    Page("open", OURS, WORKER, MINE, FORM, record=OWN_COURSE),
    Page("open", CRM, WORKER, PIPELINE, FORM, record=OWN_LEAD),
    Page("open", PROJECT, WORKER, TASKS, FORM, record=OWN_TASK),
    Page("text search", OURS, WORKER, COURSES, LIST, "list", text="havn"),
    Page("text search", CRM, WORKER, PIPELINE, LIST, "list", text="havn"),
    Page("text search", PROJECT, WORKER, TASKS, LIST, "list", text="havn"),
    Page("activity view", OURS, WORKER, MINE, ACTIVITY, "activity"),
    Page("activity view", CRM, WORKER, PIPELINE, ACTIVITY, "activity"),
    Page("activity view", PROJECT, WORKER, TASKS, ACTIVITY, "activity"),
    Page("calendar", OURS, WORKER, "sekp_outreach.sekp_appointment_action_mine",
         CALENDAR),
    Page("calendar", CRM, WORKER, "calendar.action_calendar_event", CALENDAR),
    Page("my day", OURS, WORKER, "sekp_outreach.sekp_morning_action_mine",
         ".o_sekp_morning section"),
    Page("contact list", OURS, WORKER, "sekp_outreach.sekp_contact_action", LIST),
    Page("systray", OURS, WORKER, MINE, LIST, systray=True),
    Page("morning", OURS, SUPERVISOR, "sekp_outreach.sekp_morning_action",
         ".o_sekp_morning section"),
    Page("team list", OURS, SUPERVISOR, COURSES, LIST),
    Page("team list", CRM, SUPERVISOR, PIPELINE, LIST, "list"),
    Page("team activity view", OURS, SUPERVISOR, COURSES, ACTIVITY, "activity"),
    Page("team activity view", CRM, SUPERVISOR, PIPELINE, ACTIVITY, "activity"),
    Page("obligations", OURS, SUPERVISOR, "sekp_outreach.mail_activity_action", LIST),
    Page("triage", OURS, "intake.0", "sekp_outreach.sekp_referral_action_triage",
         BOARD),
    Page("figures", OURS, "reader.0", "sekp_outreach.sekp_statistic_action", PIVOT,
         "pivot"),
    Page("access log", OURS, "auditor.0", "sekp_outreach.sekp_access_log_action",
         LIST),
)  # fmt: skip
# Who is a worker or a supervisor: what they do must not grow.
NEVER_GROWS = (WORKER, SUPERVISOR, "intake.0")
