"""One referral carried from receipt to handover and closing, told as it goes.

A walk adopts a preset in a municipality of its own, puts it in force and takes an
invented person through the whole way, with the roles of the people who would do it.
It writes down what happens, in the words the screen uses.
"""

from datetime import datetime, timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError

from .common import KIND_OF_TYPE, make_company, make_user

# A Friday: the worked dates of the five standards count from here.
RECEIVED = datetime(2026, 12, 18, 9, 0)


def danish(day):
    """Return a date as Danes write it."""
    return f"{day:%d.%m.%Y}" if day else "uden dato"


class Walk:
    """The walk of one preset; ``lines`` is its transcript."""

    def __init__(self, case, code):
        """:param case: the test that asserts; :param str code: code of a preset"""
        self.case = case
        self.lines = []
        env = case.env(context={**case.env.context, "lang": case.lang})
        self.env = env
        self.preset = env["sekp.standard"].search(
            [("code", "=", code), ("state", "=", "preset")]
        )
        case.assertTrue(self.preset, f"no preset {code}")
        self.company = make_company(env, f"Øvelsby ({self.preset.municipality})")
        for role, group, name in (
            ("manager", "scheme_manager", "Mads Ordning"),
            ("intake", "intake", "Ida Modtagelse"),
            ("supervisor", "supervisor", "Susanne Leder"),
            ("worker", "contact_person", "Karen Kontakt"),
            ("receiver", "receiver", "Rikke Modtager"),
        ):
            user = make_user(
                env,
                f"walk_{code}_{role}",
                group,
                self.company,
                name=name,
                lang=case.lang,
            )
            setattr(self, role, user)

    # --- telling ------------------------------------------------------------------
    def title(self, text):
        self.lines += ["", text, "-" * len(text)]

    def tell(self, text):
        self.lines.append(f"  {text}")

    def shown(self, sentences):
        """Write down what the screen shows."""
        for sentence in (sentences or "").splitlines():
            self.lines.append(f"  | {sentence}")

    def refused(self, text, act, *args, error=UserError):
        """Assert that an act is refused, and write down the sentence.

        :raises AssertionError: when the act is not refused
        """
        try:
            with self.env.cr.savepoint():
                act(*args)
        except error as refusal:
            self.tell(f"{text}: afvist")
            self.shown(str(refusal))
            self.env.invalidate_all()
            return
        except (AccessError, UserError, ValidationError) as other:
            self.case.fail(f"{text}: refused as {type(other).__name__}")
        self.case.fail(f"{text}: not refused")

    def clocks(self, record):
        """Return ``{kind: (due, state)}`` and write the clocks down."""
        clocks = {}
        for clock in record.sudo().deadline_ids:
            clock.invalidate_recordset(["state"])
            clocks[clock.kind] = (clock.due, clock.state)
            state = dict(clock._fields["state"]._description_selection(self.env))
            due = danish(clock.due)
            self.tell(
                f"Frist – {clock.promise_id.display_name}: {due}, {state[clock.state]}"
            )
        if not clocks:
            self.tell("Ingen frister løber.")
        return clocks

    def activities(self, record):
        """Return ``{type: due}`` of open automatic activities; write them down."""
        found = {}
        for activity in record.sudo().activity_ids.filtered("automated"):
            name = activity.activity_type_id.get_external_id().popitem()[1]
            kind = KIND_OF_TYPE.sub("", name.removeprefix("sekp_outreach."))
            found[kind] = activity.date_deadline
            self.tell(
                f"Aktivitet – {activity.activity_type_id.name}: "
                f"{danish(activity.date_deadline)}, {activity.user_id.name}"
            )
        return found

    # --- the way ------------------------------------------------------------------
    def adopt(self):
        """Adopt the preset and put it in force; fill its entry points with people."""
        self.title(f"{self.preset.municipality}: {self.preset.name}")
        wizard = (
            self.env["sekp.adopt.standard"]
            .with_user(self.manager)
            .create({"standard_id": self.preset.id, "company_id": self.company.id})
        )
        draft = self.env["sekp.standard"].browse(wizard.action_adopt()["res_id"])
        teams = draft.route_ids.team_id
        teams.write(
            {
                "responsible_id": self.supervisor.id,
                "intake_ids": [Command.set(self.intake.ids)],
                "supervisor_ids": [Command.set(self.supervisor.ids)],
                "member_ids": [Command.set(self.worker.ids)],
            }
        )
        self.env["sekp.put.in.force"].with_user(self.manager).create(
            {"standard_id": draft.id, "day": RECEIVED.date() - timedelta(days=30)}
        ).action_confirm()
        self.standard = draft
        self.tell(f"Standarden er i kraft fra {danish(draft.valid_from)}.")
        for route in draft.route_ids:
            self.tell(f"Indgang: {route.name}")
        return draft

    def refer(self, **vals):
        """Register a concern report from a relative, received on a Friday."""
        referral = (
            self.env["sekp.referral"]
            .with_user(self.intake)
            .with_company(self.company)
            .create(
                {
                    "company_id": self.company.id,
                    "source_id": self.env.ref("sekp_outreach.source_relative").id,
                    "received_at": RECEIVED,
                    **vals,
                }
            )
        )
        self.tell(f"Henvendelse {referral.reference} til {referral.team_id.name}")
        self.shown(referral.guidance)
        self.shown(referral.warnings)
        return referral

    def allocate(self, referral):
        """Allocate the referral to the worker; return the course as the worker."""
        wizard = (
            self.env["sekp.allocate"]
            .with_user(self.supervisor)
            .with_company(self.company)
            .create(
                {
                    "referral_id": referral.id,
                    "team_id": referral.team_id.id,
                    "user_id": self.worker.id,
                }
            )
        )
        self.shown(wizard.guidance)
        action = wizard.action_allocate()
        course = (
            self.env["sekp.course"]
            .with_user(self.worker)
            .with_company(self.company)
            .browse(action["res_id"])
        )
        self.tell(f"Forløb {course.reference}, kontaktperson {self.worker.name}")
        self.shown(course.missing)
        return course

    def log(self, course, outcome, form, **vals):
        """Log a contact or an attempt now."""
        contact = (
            self.env["sekp.contact"]
            .with_user(self.worker)
            .with_company(self.company)
            .create(
                {
                    "course_id": course.id,
                    "outcome": outcome,
                    "form_id": self.env.ref(f"sekp_outreach.contact_form_{form}").id,
                    **vals,
                }
            )
        )
        label = dict(contact._fields["outcome"]._description_selection(self.env))
        local = self.company._sekp_local(contact.started_at)
        self.tell(f"{local:%d.%m.%Y %H:%M}: {contact.form_id.name} – {label[outcome]}")
        return contact

    def hand_over(self, course, **vals):
        """Propose a handover to a drop-in centre."""
        handover = (
            self.env["sekp.handover"]
            .with_user(self.worker)
            .with_company(self.company)
            .create(
                {
                    "course_id": course.id,
                    "offer_id": self.env.ref("sekp_outreach.offer_activity_centre").id,
                    "receiver_id": self.receiver.id,
                    **vals,
                }
            )
        )
        self.refused("Sende uden samtykke", handover.action_send)
        handover.action_consent_oral()
        handover.action_send()
        self.tell(f"Overlevering til {handover.offer_id.name}: sendt med samtykke")
        self.activities(handover)
        return handover

    def complete(self, handover):
        """Let the receiver accept and meet the person as often as the offer asks."""
        seen = handover.with_user(self.receiver)
        seen.action_accept()
        seen.action_met()
        self.tell(
            f"Mødtes {seen.met_count} af "
            f"{handover.sudo().offer_id.required_meetings} gange"
        )
        while seen.state == "accepted":
            seen.action_met_again()
            self.tell(
                f"Mødtes {seen.met_count} af "
                f"{handover.sudo().offer_id.required_meetings} gange"
            )
        self.case.assertEqual(handover.state, "completed")

    def close(self, course):
        """Close the course as bridged; nothing may be left open."""
        self.env["sekp.close.course"].with_user(self.worker).create(
            {"course_id": course.id, "outcome": "bridged"}
        ).action_close()
        self.case.assertEqual(course.phase, "closed")
        self.case.assertFalse(course.sudo().activity_ids.filtered("automated"))
        self.case.assertFalse(course.sudo().deadline_ids._open())
        last = danish(course.assignment_ids[0].date_to)
        self.tell(f"Forløbet er afsluttet; adgang til og med {last}")

    def transcript(self):
        return "\n".join(self.lines).strip() + "\n"
