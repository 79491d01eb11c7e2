from datetime import timedelta

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged

from .common import TODAY, OutreachCase, make_user

FORM = "sekp_outreach.sekp_advice_view_form_new"


@tagged("post_install", "-at_install", "sekp_outreach")
class TestAdvice(OutreachCase):
    """Advice without a course is counted, and nobody is noted."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.statistician = make_user(
            cls.env, "sekp_statistician", "statistics_reader", cls.company
        )

    def counted(self, user=None):
        advice = self.env["sekp.advice"].with_user(user or self.supervisor).search([])
        return [
            (row.day, row.team_id, row.channel, row.source_id.code, row.outcome)
            for row in advice
        ]

    def test_two_taps_count_it(self):
        for user in (self.intake, self.worker, self.supervisor):
            Form(self.env["sekp.advice"].with_user(user), view=FORM).save()
        row = (TODAY, self.harbour, "phone", False, "advice")
        self.assertEqual(self.counted(), [row] * 3)

    def test_nothing_else_is_stored(self):
        self.env["sekp.advice"].with_user(self.intake).create({})
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT column_name FROM information_schema.columns "
            "WHERE table_name = 'sekp_advice'"
        )
        self.assertEqual(
            {name for (name,) in self.env.cr.fetchall()},
            {
                "id", "day", "team_id", "company_id", "channel", "source_id",
                "outcome",
            },
        )  # fmt: skip

    def test_advice_on_a_referral_is_counted(self):
        self.make_standard()
        referral = self.refer(channel="in_person", concern="Vil tale om gæld")
        referral.action_advice()
        row = (TODAY, self.harbour, "in_person", "relative", "advice")
        self.assertEqual(self.counted(), [row])
        referral.sudo().unlink()
        self.assertEqual(self.counted(), [row])

    def test_what_is_taken_up_again_is_not_counted(self):
        self.make_standard()
        referral, other = self.refer(), self.refer()
        (referral | other).action_advice()
        self.assertEqual(len(self.counted()), 2)
        referral.action_reopen()
        self.assertEqual(len(self.counted()), 1)
        referral.action_redirect()
        referral.action_reopen()
        self.assertEqual(len(self.counted()), 1)

    def test_who_reads_and_who_does_not(self):
        advice = self.env["sekp.advice"].with_user(self.intake).create({})
        for user in (self.worker, self.supervisor):
            self.assertEqual(len(self.counted(user)), 1)
        # Who reads figures gets them when they are large enough.
        for user in (self.receiver, self.employee, self.statistician, self.manager):
            self.assertFalse(advice.with_user(user).has_access("read"))
        self.assertEqual(self.counted(self.foreign_supervisor), [])
        for user in (self.intake, self.worker, self.supervisor, self.statistician):
            with self.assertRaises(AccessError):
                advice.with_user(user).write({"channel": "mail"})
        for user in (self.intake, self.worker, self.other_supervisor):
            with self.assertRaises(AccessError):
                advice.with_user(user).unlink()
        with self.assertRaises(AccessError):
            advice.with_user(self.statistician).create({})
        advice.with_user(self.supervisor).unlink()

    def test_the_count_stays_in_the_municipality(self):
        Advice = self.env["sekp.advice"].with_user(self.intake)
        with self.assertRaises(AccessError):
            Advice.create({"team_id": self.abroad.id})
        self.assertEqual(
            self.env["sekp.advice"]
            .with_user(self.foreign_supervisor)
            .create({})
            .team_id,
            self.abroad,
        )

    def test_each_counts_at_the_own_entry_point(self):
        provider = self.forest.sudo().copy(
            {"name": "Udfører", "is_entry_point": False, "member_ids": self.worker.ids}
        )
        Advice = self.env["sekp.advice"]
        for user, team in (
            (self.intake, self.forest),
            (self.worker, self.forest),
            (self.worker, provider),
            (self.other_supervisor, self.harbour),
        ):
            with (
                self.assertRaisesRegex(AccessError, "entry point of your own"),
                self.env.cr.savepoint(),
            ):
                Advice.with_user(user).create({"team_id": team.id})
        # Who belongs to no entry point answers wherever it rings.
        carer = make_user(self.env, "sekp_carer", "contact_person", self.company)
        for team in (self.harbour, self.forest):
            Advice.with_user(carer).create({"team_id": team.id})
        self.assertEqual(len(self.counted()), 2)

    def test_what_has_not_been_given_is_not_counted(self):
        with self.assertRaisesRegex(ValidationError, "has been given"):
            self.env["sekp.advice"].with_user(self.intake).create(
                {"day": TODAY + timedelta(days=1)}
            )
