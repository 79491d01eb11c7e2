"""What lay in the handover goes where it belongs: into the letter and the consent."""

from odoo import SUPERUSER_ID, api
from odoo.tools import sql


def migrate(cr, version):
    """Move what the receiver gets to letters, and what was agreed to consents.

    By SQL, because courses that are closed take no new parts otherwise. Nothing is
    copied twice: what already has a letter or a consent is left alone.
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    told = env.ref("sekp_outreach.information_type_told").id
    summary = env.ref("sekp_outreach.information_type_summary").id
    has_summary = sql.column_exists(cr, "sekp_handover", "summary")
    cr.execute(
        f"""
        INSERT INTO sekp_handover_letter
               (handover_id, course_id, company_id, team_id, reference, summary,
                create_uid, create_date, write_uid, write_date)
        SELECT h.id, h.course_id, h.company_id, h.team_id, h.reference,
               {"NULLIF(h.summary, '')" if has_summary else "NULL"},
               h.create_uid, h.create_date, h.write_uid, h.write_date
          FROM sekp_handover h
         WHERE NOT EXISTS (SELECT FROM sekp_handover_letter l
                            WHERE l.handover_id = h.id)
        """  # noqa: S608
    )
    cr.execute(
        """
        INSERT INTO sekp_handover_letter_sekp_information_type_rel
        SELECT l.id, CASE WHEN s.registration_mode = 'none' THEN %s ELSE %s END
          FROM sekp_handover_letter l
          JOIN sekp_course c ON c.id = l.course_id
          JOIN sekp_standard s ON s.id = c.standard_id
         WHERE NOT EXISTS (
               SELECT FROM sekp_handover_letter_sekp_information_type_rel r
                WHERE r.sekp_handover_letter_id = l.id)
        """,
        [told, summary],
    )
    cr.execute(
        """
        SELECT h.id FROM sekp_handover h
         WHERE h.consent_given IS NOT NULL AND h.consent_id IS NULL ORDER BY h.id
        """
    )
    for (handover_id,) in cr.fetchall():
        cr.execute(
            """
            INSERT INTO sekp_consent
                   (course_id, company_id, team_id, reference, direction, offer_id,
                    purpose, given_how, given_on, valid_until,
                    create_uid, create_date, write_uid, write_date)
            SELECT h.course_id, h.company_id, h.team_id, h.reference, 'disclose',
                   h.offer_id, 'handover', h.consent_given, d.given_on,
                   d.given_on + s.consent_days,
                   h.create_uid, h.create_date, h.write_uid, h.write_date
              FROM sekp_handover h
              JOIN sekp_course c ON c.id = h.course_id
              JOIN sekp_standard s ON s.id = c.standard_id,
              LATERAL (SELECT COALESCE(h.consent_on, h.sent_on, h.create_date::date)
                       AS given_on) d
             WHERE h.id = %s
            RETURNING id
            """,
            [handover_id],
        )
        (consent_id,) = cr.fetchone()
        cr.execute(
            """
            INSERT INTO sekp_consent_sekp_information_type_rel
            SELECT %s, r.sekp_information_type_id
              FROM sekp_handover_letter_sekp_information_type_rel r
              JOIN sekp_handover_letter l ON l.id = r.sekp_handover_letter_id
             WHERE l.handover_id = %s
            """,
            [consent_id, handover_id],
        )
        cr.execute(
            "UPDATE sekp_handover SET consent_id = %s WHERE id = %s",
            [consent_id, handover_id],
        )
    env.invalidate_all()
    consents = env["sekp.consent"].search([("ends_at", "=", False)])
    env.add_to_compute(consents._fields["ends_at"], consents)
    env.flush_all()
    cr.execute(
        """
        UPDATE sekp_handover h SET shared_until = c.ends_at FROM sekp_consent c
         WHERE c.id = h.consent_id AND h.sent_on IS NOT NULL AND h.shared_until IS NULL
        """
    )
    cr.execute(
        """
        INSERT INTO sekp_consent_left_rel
        SELECT h.consent_id, h.id FROM sekp_handover h
         WHERE h.consent_id IS NOT NULL AND h.sent_on IS NOT NULL
            ON CONFLICT DO NOTHING
        """
    )
    if has_summary:
        cr.execute("ALTER TABLE sekp_handover DROP COLUMN summary")
    env.invalidate_all()
