"""Who may open what, told in plain sets: nothing here asks Odoo or the record rules.

Only the operations a relation gives are read, in ``security/policy.csv``. That a
relation holds follows from what was done: who was given access from which day to which,
who sits where, who was let in for some hours, and what time it is in Copenhagen.
"""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Copenhagen")
BRINGS_ALONG = {"supervisor": "contact_person"}
SEEN_BY_RECEIVER = ("sent", "accepted", "completed")
# What lies in the envelope is open from the answer on.
READ_BY_RECEIVER = ("accepted", "completed")
CONSENT_DAYS = 180
LIVE = ("proposed", "sent", "accepted")


def day_of(moment):
    """Return the day it is in Copenhagen at a UTC moment."""
    return moment.replace(tzinfo=timezone.utc).astimezone(ZONE).date()


def noon_of(day):
    """Return the UTC moment at which it is noon in Copenhagen."""
    noon = datetime.combine(day, time(12), ZONE)
    return noon.astimezone(timezone.utc).replace(tzinfo=None)


# Compared by identity: two alike are still two.
@dataclass(eq=False)
class Person:
    """A user, with the roles that were given and the municipalities."""

    roles: set
    companies: set
    active: bool = True

    def all_roles(self):
        """Return the roles with what they bring along."""
        return self.roles | {
            BRINGS_ALONG[role] for role in self.roles if role in BRINGS_ALONG
        }


@dataclass(eq=False)
class Team:
    """A team and who sits where."""

    name: str
    company: str
    responsible: str
    supervisors: set
    intake: set


@dataclass(eq=False)
class Access:
    """Somebody's access from a day to a day, or without an end."""

    who: str
    role: str
    first: object
    last: object = None

    def covers(self, day):
        """Tell whether it holds on a day."""
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(eq=False)
class Referral:
    """A referral, and the course it led to."""

    name: str
    team: Team
    by: str
    state: str = "received"
    course: object = None


@dataclass(eq=False)
class Course:
    """A course and everybody's access to it."""

    name: str
    team: Team
    citizen: int
    contact_person: str
    rows: list = field(default_factory=list)
    # (who, begin, end), as UTC moments
    emergencies: list = field(default_factory=list)
    closed: bool = False


@dataclass(eq=False)
class Handover:
    """A handover and its other end."""

    name: str
    course: Course
    receiver: str | None
    state: str = "proposed"
    met: int = 0
    consent_on: object = None

    def covers(self, day):
        """Tell whether the consent holds on a day."""
        return self.consent_on and day <= self.consent_on + timedelta(days=CONSENT_DAYS)


@dataclass(frozen=True)
class Subject:
    """What a record is, as far as entitlement goes."""

    model: str
    course: Course | None = None
    citizen: int | None = None
    referral: Referral | None = None
    handover: Handover | None = None


class Facts:
    """Everything that decides who may do what."""

    def __init__(self, matrix, now):
        self.matrix, self.now = matrix, now
        self.people, self.teams = {}, {}
        # By the number of the record.
        self.courses, self.referrals, self.handovers = {}, {}, {}

    @property
    def today(self):
        """Return the day it is in Copenhagen."""
        return day_of(self.now)

    def of_citizen(self, citizen):
        """Return a citizen's courses, the earliest first."""
        return [
            self.courses[number]
            for number in sorted(self.courses)
            if self.courses[number].citizen == citizen
        ]

    # --- who has to do with a record ----------------------------------------------
    def courses_behind(self, subject):
        """Return the courses by whose access a record is open."""
        if subject.citizen is not None:
            return self.of_citizen(subject.citizen)
        if subject.referral:
            return [subject.referral.course] if subject.referral.course else []
        return [subject.course]

    def teams_behind(self, subject):
        """Return the teams whose supervisors answer for a record."""
        courses = self.courses_behind(subject)
        if subject.citizen is not None:
            # Whoever supervised an earlier course has done with the person.
            courses = courses[-1:]
        teams = [course.team for course in courses]
        return [*teams, subject.referral.team] if subject.referral else teams

    def relations(self, subject, who, at):
        """Return how somebody relates to a record at a UTC moment."""
        found, day = set(), day_of(at)
        for course in self.courses_behind(subject):
            if any(row.who == who and row.covers(day) for row in course.rows):
                found.add("assigned")
            if any(
                someone == who and begin <= at < end
                for someone, begin, end in course.emergencies
            ):
                found.add("emergency")
        if any(who in team.supervisors for team in self.teams_behind(subject)):
            found.add("supervised")
        if subject.referral:
            if who in subject.referral.team.intake:
                found.add("entry_point")
            if subject.referral.by == who and subject.referral.state == "received":
                found.add("registered")
        handover = subject.handover
        if handover and handover.receiver == who and handover.state in SEEN_BY_RECEIVER:
            found.add("received")
        if (
            handover
            and handover.receiver == who
            and handover.state in READ_BY_RECEIVER
            and handover.covers(day)
        ):
            found.add("accepted")
        if "auditor" in self.people[who].roles:
            found.add("audited")
        return found

    def may(self, who, operation, subject, at=None):
        """Tell whether somebody may do something with a record."""
        person = self.people[who]
        company = self.teams_behind(subject)[0].company
        return (
            person.active
            and company in person.companies
            and any(
                operation in self.matrix.get((subject.model, relation, role), ())
                for relation in self.relations(subject, who, at or self.now)
                for role in person.all_roles()
            )
        )

    # --- who keeps what waits to be done --------------------------------------------
    def keeps(self, who, subject, due):
        """Tell whether somebody may open a record now, and on the day it is due."""
        if not who or not self.may(who, "read", subject):
            return False
        later = due and due > self.today
        return not later or self.may(who, "read", subject, noon_of(due))

    def answering(self, subject):
        """Return who answers for a record, whether entitled or not."""
        teams = self.teams_behind(subject)
        if subject.referral:
            teams = [subject.referral.team]
        people = set().union(*(team.supervisors | {team.responsible} for team in teams))
        if not subject.referral:
            people.add(self.courses_behind(subject)[-1].contact_person)
        return {who for who in people if self.people[who].active}

    # --- what acts do ---------------------------------------------------------------
    def give_course(self, course, who):
        """Let somebody become contact person today."""
        for row in course.rows:
            if row.role == "contact_person" and row.last is None:
                row.last = max(self.today, row.first)
        # One role at a time: this one begins today and has no end.
        course.rows = [
            row for row in course.rows if row.who != who or row.first > self.today
        ]
        course.rows.append(Access(who, "contact_person", self.today))
        course.contact_person = who

    def close(self, course, grace):
        """Close a course: access goes on for the days of grace, and no longer."""
        last = self.today + timedelta(days=grace)
        course.closed = True
        course.rows = [row for row in course.rows if row.first <= self.today]
        for row in course.rows:
            row.last = min(row.last or last, last)
        for handover in self.handovers.values():
            if handover.course is course and handover.state in LIVE:
                handover.state = "withdrawn"
