import { Component } from "@odoo/owl";
import { deserializeDate, formatDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const { DateTime } = luxon;

const WEEKS = 13;
// Of more in one week a plus is shown; the words tell all of them.
const MOST = 4;

/** Contacts and attempts by week, so that persistence is seen: filled and hollow. */
export class RhythmStrip extends Component {
    static template = "sekp_outreach.RhythmStrip";
    static props = { ...standardFieldProps };

    get weeks() {
        const days = this.props.record.data[this.props.name] || {};
        const last = DateTime.now().startOf("week");
        const weeks = [];
        for (let ago = WEEKS - 1; ago >= 0; ago--) {
            const from = last.minus({ weeks: ago });
            const count = (kind) =>
                (days[kind] || []).filter((day) => +deserializeDate(day).startOf("week") === +from)
                    .length;
            const week = { from, met: count("met"), tried: count("tried") };
            weeks.push({
                ...week,
                key: from.toISODate(),
                told: this.tell(week),
                marks: [
                    ...Array(week.met).fill("met"),
                    ...Array(week.tried).fill("tried"),
                ].slice(0, MOST),
                more: week.met + week.tried > MOST,
            });
        }
        return weeks;
    }

    tell({ from, met, tried }) {
        return _t("Week %(week)s, from %(day)s: contacts %(met)s, attempts %(tried)s", {
            week: from.weekNumber,
            day: formatDate(from),
            met,
            tried,
        });
    }

    /** What is read aloud: weeks without anything are told by their number only. */
    get summary() {
        const weeks = this.weeks;
        const busy = weeks.filter(({ met, tried }) => met || tried);
        const quiet = _t("Weeks without any: %s", weeks.length - busy.length);
        return [...busy.map(({ told }) => told), quiet].join("; ");
    }
}

registry.category("fields").add("sekp_rhythm_strip", {
    component: RhythmStrip,
    supportedTypes: ["json"],
});
