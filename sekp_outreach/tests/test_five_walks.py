import os
from datetime import date, datetime, timedelta
from pathlib import Path

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import TransactionCase, freeze_time, tagged

from .walk import RECEIVED, Walk

MEETING = datetime(2026, 12, 21, 10, 0)
CLOSING_DAY = date(2026, 12, 24)
PERSON_COLUMNS = {
    "sekp_citizen": ("alias", "district", "age_band"),
    "sekp_referral": (
        "concern", "place", "district", "deviation_note", "outcome_note",
        "referrer_name",
    ),
    "sekp_course": ("next_step", "inform_postponed_note"),
    "sekp_deadline": ("notice_note",),
    "sekp_complaint": ("text", "answer"),
    "sekp_contact": ("note", "next_step"),
    "sekp_goal": ("goal",),
    "sekp_review": ("findings", "written_status"),
    "sekp_handover_letter": ("summary",),
}  # fmt: skip
# A month after a referral by others the person is to have been told of it.
TOLD_BY = RECEIVED.date() + timedelta(days=30)


@tagged("post_install", "-at_install", "sekp_outreach", "five_walks")
class TestFiveWalks(TransactionCase):
    """Every clock, warning, activity, review and refusal that the five documents
    imply, and none of those they do not imply."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("da_DK")
        cls.lang = "da_DK"

    def walk(self, code, before):
        """Walk one preset; ``before`` returns the walk, also told to a file."""
        asked = os.environ.get("SEKP_WALK")
        if asked and asked != code:
            return
        walk = Walk(self, code)
        with freeze_time(RECEIVED) as clock:
            self.clock = clock
            before(walk)
        target = os.environ.get("SEKP_WALK_FILE")
        if target:
            Path(target).write_text(walk.transcript(), encoding="utf-8")

    def finish(self, walk, course, summary=None):
        """Hand over, complete and close: the same end in all five."""
        walk.title("Overlevering og afslutning")
        handover = walk.hand_over(course, **({"summary": summary} if summary else {}))
        self.assertEqual(course.phase, "bridging")
        walk.refused(
            "Afslutte med åben overlevering",
            walk.env["sekp.close.course"]
            .with_user(walk.worker)
            .create({"course_id": course.id, "outcome": "bridged"})
            .action_close,
        )
        walk.complete(handover)
        walk.close(course)

    # --- Brønderslev --------------------------------------------------------------
    def test_broenderslev(self):
        self.walk("broenderslev", self.broenderslev)

    def broenderslev(self, walk):
        walk.adopt()
        walk.title("Alderen vælger indgangen")
        young = walk.refer(age=29, concern="Går alene rundt ved stationen.")
        adult = walk.refer(age=30, concern="Har ikke åbnet døren i ugevis.")
        self.assertEqual(young.team_id.name, "UngeCentret")
        self.assertIn("Det Specialiserede Område", adult.team_id.name)
        walk.refused("Alderen er ikke kendt", walk.refer)
        unknown = walk.refer(team_id=adult.team_id.id)
        self.assertFalse(unknown.warnings, "the entry point was chosen")

        walk.title("Ingen frister og ingen bevilling")
        self.assertEqual(walk.clocks(adult), {})
        self.assertEqual(set(walk.activities(adult)), {"triage"})
        adult.action_accept()
        course = walk.allocate(adult)
        walk.refused("Oprette en bevilling", self.grant, walk, course)
        walk.refused("Skrive mål", self.goal, course, "Et sted at bo")
        course.citizen_id._move("alias", alias="Kaptajnen")

        walk.title("Rytme og løbende vurdering")
        activities = walk.activities(course)
        self.assertEqual(
            activities,
            {
                "next_contact": MEETING.date(),
                "ordinary_offer": RECEIVED.date() + timedelta(days=90),
                "inform": TOLD_BY,
            },
        )
        self.clock.move_to(MEETING)
        walk.log(course, "no_answer", "home_visit", note="Lyset var tændt.")
        walk.log(course, "met", "venue", note="Drak kaffe sammen.", minutes=40)
        self.assertEqual((course.contact_count, course.attempt_count), (1, 1))
        self.assertEqual(
            walk.activities(course)["next_contact"],
            MEETING.date() + timedelta(days=30),
        )
        assessment = course.review_ids
        self.assertEqual(assessment.kind, "ordinary_offer")
        assessment.assessment = "possible"
        assessment.action_hold()
        self.assertFalse(
            course.review_ids.filtered(lambda review: review.kind == "review"),
            "no reviews at intervals",
        )
        self.finish(walk, course, "Vil gerne med til fællesspisning.")

        walk.title("Genetableres efter behov")
        again = (
            walk.env["sekp.course"]
            .with_user(walk.worker)
            .browse(course.action_reestablish()["res_id"])
        )
        self.assertEqual(again.previous_course_id, course)
        walk.tell(f"Nyt forløb {again.reference} knyttet til det tidligere")

    # --- Hvidovre -----------------------------------------------------------------
    def test_hvidovre(self):
        self.walk("hvidovre", self.hvidovre)

    def hvidovre(self, walk):
        walk.adopt()
        walk.title("Målgruppe og alder er advarsler, aldrig afslag")
        mental_illness = self.env.ref("sekp_outreach.target_group_mental_illness")
        homeless = self.env.ref("sekp_outreach.target_group_homeless")
        outside = walk.refer(age=65, target_group_ids=[Command.set(homeless.ids)])
        self.assertEqual(len(outside.warnings.splitlines()), 2)
        walk.refused("Modtage uden begrundelse", outside.action_accept)
        outside.deviation_reason = "law"
        outside.action_accept()
        self.assertEqual(outside.state, "accepted")

        walk.title("Akut: ordningen rykker selv ud")
        acute = walk.refer(
            age=40,
            acute=True,
            target_group_ids=[Command.set(mental_illness.ids)],
            concern="Taler med ingen og spiser ikke.",
        )
        self.assertFalse(acute.warnings)
        self.assertEqual(
            walk.activities(acute),
            {"triage": RECEIVED.date(), "acute": RECEIVED.date()},
        )
        acute.action_go_out()
        self.assertEqual(walk.clocks(acute), {}, "no deadlines in the document")
        acute.action_accept()
        course = walk.allocate(acute)

        walk.title("Handleplan tilbydes, opfølgning hver 6. måned")
        self.assertFalse(course.missing, "a plan can be offered, it is not required")
        self.goal(course, "Komme ud en gang om ugen")
        self.assertEqual(
            walk.activities(course),
            {
                "next_contact": RECEIVED.date(),
                "review": date(2027, 6, 18),
                "inform": TOLD_BY,
            },
            "acute: the first contact is due today",
        )
        walk.refused("Oprette en bevilling", self.grant, walk, course)

        walk.title("Fortrinsvis dagtimer på hverdage")
        evening = datetime(2026, 12, 21, 18, 0)
        self.clock.move_to(evening)
        walk.refused(
            "Kontakt om aftenen uden begrundelse",
            walk.log, course, "met", "public_space",
            error=ValidationError,
        )  # fmt: skip
        walk.log(
            course, "met", "public_space",
            hours_reason="only_then", told_of_referral=True,
        )  # fmt: skip
        self.assertNotIn("next_contact", walk.activities(course), "no rhythm stated")
        self.clock.move_to(datetime(2027, 6, 18, 10))
        course.goal_ids.attainment = "part"
        review = course.review_ids
        review.with_citizen = True
        review.action_hold()
        self.assertEqual(
            walk.activities(course), {"review": date(2027, 12, 18)}, "six months on"
        )
        self.finish(walk, course, "Vil gerne i gang med noget.")

    # --- Lejre --------------------------------------------------------------------
    def test_lejre(self):
        self.walk("lejre", self.lejre)

    def lejre(self, walk):
        walk.adopt()
        walk.title("Svar og besøg inden for 7 dage")
        referral = walk.refer(
            concern="Har ikke set ham i to uger.", place="Skuret bag stationen"
        )
        week = date(2026, 12, 25)
        self.assertEqual(
            walk.clocks(referral),
            {"response": (week, "running"), "first_visit": (week, "running")},
        )
        self.assertEqual(
            set(walk.activities(referral)), {"triage", "response", "first_visit"}
        )
        self.assertTrue(referral.outreach, "a visit follows although nobody asked")
        self.assertFalse(referral.warnings)

        walk.title("Akut: henvist, ikke ordningens opgave")
        acute = walk.refer(acute=True)
        self.assertIn("114", acute.guidance)
        acute.action_redirect_acute()
        acute.action_redirect()
        self.assertEqual(acute.acute_handled, "redirected")

        referral.action_respond()
        referral.action_accept()
        course = walk.allocate(referral)
        self.clock.move_to(MEETING)
        walk.log(course, "no_answer", "phone")
        self.assertEqual(walk.clocks(course)["first_visit"][1], "running")
        walk.log(course, "letter", "home_visit", note="Lagde et kort.")
        self.assertEqual(
            walk.clocks(course),
            {"response": (week, "met"), "first_visit": (week, "met")},
        )
        walk.title("Ingen faste intervaller, ingen rytme, ingen bevilling")
        self.assertEqual(walk.activities(course), {"inform": TOLD_BY})
        self.assertFalse(course.review_ids)
        walk.refused("Oprette en bevilling", self.grant, walk, course)
        walk.log(course, "met", "public_space", note="Vil gerne have hjælp til tænder.")
        self.finish(walk, course, "Vil gerne til tandlæge.")

    # --- Greve --------------------------------------------------------------------
    def test_greve(self):
        self.walk("greve", self.greve)

    def greve(self, walk):
        walk.adopt()
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Lukket",
                "company_id": walk.company.id,
                "calendar_id": walk.company.resource_calendar_id.id,
                "date_from": walk.company._sekp_start_of_day(CLOSING_DAY),
                "date_to": walk.company._sekp_end_of_day(CLOSING_DAY)
                - timedelta(seconds=1),
            }
        )
        walk.title("Intet registreres om borgeren")
        for text, vals in (
            ("Notere hvad det drejer sig om", {"concern": "Bor i sin bil."}),
            ("Notere hvor personen er", {"place": "Havnen"}),
            ("Notere en alder", {"age": 50}),
        ):
            walk.refused(
                text,
                lambda vals=vals: walk.refer(**vals),
                error=ValidationError,
            )
        anyone = self.env.ref("sekp_outreach.source_other")
        referral = walk.refer(
            source_id=anyone.id, referrer_anonymous=True, channel="phone"
        )
        self.assertFalse(referral.warnings, "anyone may draw attention, anonymously")
        walk.title("Sagsbehandlingen begynder inden fem arbejdsdage")
        due = date(2026, 12, 29)
        self.assertEqual(walk.clocks(referral), {"processing": (due, "running")})
        self.assertEqual(walk.activities(referral)["processing"], due)
        referral.action_begin()
        self.assertEqual(walk.clocks(referral), {"processing": (due, "met")})
        referral.action_accept()
        course = walk.allocate(referral)
        walk.refused(
            "Skrive et kaldenavn",
            lambda: course.write({"alias": "Kaptajnen"}),
            error=ValidationError,
        )
        self.clock.move_to(MEETING)
        walk.log(course, "seen", "public_space")
        walk.refused(
            "Skrive et notat",
            lambda: walk.log(course, "met", "public_space", note="Vil snakke."),
            error=ValidationError,
        )
        walk.log(course, "met", "public_space", minutes=15, told_of_referral=True)
        walk.title("Rytme og tal findes, teksten gør ikke")
        self.assertEqual((course.contact_count, course.attempt_count), (1, 1))
        self.assertEqual(
            walk.activities(course),
            {"next_contact": MEETING.date() + timedelta(days=30)},
        )
        walk.refused("Oprette en bevilling", self.grant, walk, course)
        self.finish(walk, course)
        self.env.flush_all()
        for table, columns in PERSON_COLUMNS.items():
            for column in columns:
                self.env.cr.execute(
                    f"SELECT COUNT(*) FROM {table} "  # noqa: S608
                    f"WHERE company_id = %s AND {column} IS NOT NULL",
                    [walk.company.id],
                )
                self.assertEqual(self.env.cr.fetchone()[0], 0, f"{table}.{column}")
        walk.tell("Databasen indeholder ingen tekst om borgeren.")

    # --- Thisted ------------------------------------------------------------------
    def test_thisted(self):
        self.walk("thisted", self.thisted)

    def thisted(self, walk):
        walk.adopt()
        walk.title("Afgørelse inden 8 uger, start hurtigst muligt derefter")
        referral = walk.refer(concern="Bryder aftaler, men åbner døren for os.")
        due = date(2027, 2, 12)
        self.assertEqual(
            walk.clocks(referral),
            {"decision": (due, "running"), "start": (False, "waiting")},
        )
        doctor = walk.refer(source_id=self.env.ref("sekp_outreach.source_doctor").id)
        self.assertEqual(
            len(doctor.warnings.splitlines()), 1, "only citizen, relatives"
        )
        referral.action_accept()
        course = walk.allocate(referral)
        self.assertEqual(
            len(course.missing.splitlines()), 3, "grant, goals, days without a grant"
        )

        walk.title("Bevilling, mål og delmål")
        self.clock.move_to(datetime(2027, 1, 15, 10))
        self.grant(walk, course)
        self.assertEqual(
            walk.clocks(course),
            {"decision": (due, "met"), "start": (False, "running")},
        )
        goal = self.goal(course, "Et sted at bo")
        walk.shown(course.missing)
        self.assertTrue(course.missing, "sub-goals are missing")
        self.goal(course, "Skrive sig op til en bolig", parent_id=goal.id)
        self.assertFalse(course.missing)
        course.citizen_id._move("alias", alias="Kaptajnen")
        walk.log(
            course, "met", "accompaniment",
            note="Fulgtes til kommunen.", told_of_referral=True,
        )  # fmt: skip
        self.assertEqual(walk.clocks(course)["start"][1], "met")
        walk.refused(
            "To bevillinger på samme tid",
            self.grant, walk, course,
            error=ValidationError,
        )  # fmt: skip

        walk.title("Skriftlig status inden bevillingen udløber")
        expiry = date(2027, 7, 14)
        self.assertEqual(
            walk.activities(course),
            {
                "next_contact": date(2027, 2, 14),
                "ordinary_offer": RECEIVED.date() + timedelta(days=90),
                "review": expiry - timedelta(days=30),
                "written_status": expiry - timedelta(days=30),
                "grant_expiry": expiry - timedelta(days=56),
            },
        )
        review = course.review_ids.filtered(lambda review: review.kind == "review")
        self.clock.move_to(datetime(2027, 6, 10, 10))
        walk.refused("Holde opfølgning uden det hele", review.action_hold)
        review.write(
            {
                "with_citizen": True,
                "with_authority": True,
                "with_provider": True,
                "written_status": "Vi nåede halvvejs.",
            }
        )
        course.goal_ids.attainment = "part"
        review.action_hold()
        self.assertNotIn("review", walk.activities(course))
        self.assertEqual(
            walk.activities(course)["written_status"],
            walk.company._sekp_next_working_day(date(2027, 6, 12)),
        )
        walk.refused("Afslutte uden at sende status", course._close, "achieved")
        review.action_status_sent()
        self.assertNotIn("written_status", walk.activities(course))
        self.assertEqual(walk.standard.absence_agreement, "required")
        self.finish(walk, course, "Vil gerne have hjælp til bolig.")

    # --- shared acts --------------------------------------------------------------
    def grant(self, walk, course):
        """Grant half a year from the frozen today."""
        today = walk.company._sekp_today()
        return (
            walk.env["sekp.grant"]
            .with_user(walk.supervisor)
            .with_company(walk.company)
            .create(
                {
                    "course_id": course.id,
                    "decided_on": today,
                    "date_from": today,
                    "date_to": today + timedelta(days=180),
                    "notified_on": today,
                }
            )
        )

    def goal(self, course, text, **vals):
        return course.env["sekp.goal"].create(
            {"course_id": course.id, "goal": text, **vals}
        )
