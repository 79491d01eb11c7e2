import { Component } from "@odoo/owl";
import { deserializeDate, formatDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const { DateTime } = luxon;

const WEEKS = 13;
// Of more in one week a plus is shown; the words tell all of them.
const MOST = 4;

/** Return how many of the days lie in each week, by its Monday. */
function countByWeek(days = []) {
    const counts = {};
    for (const day of days) {
        const monday = deserializeDate(day).startOf("week").toISODate();
        counts[monday] = (counts[monday] || 0) + 1;
    }
    return counts;
}

/** Contacts and attempts by week, so that persistence is seen: filled and hollow. */
export class RhythmStrip extends Component {
    static template = "sekp_outreach.RhythmStrip";
    static props = { ...standardFieldProps };

    get weeks() {
        const days = this.props.record.data[this.props.name] || {};
        const met = countByWeek(days.met);
        const tried = countByWeek(days.tried);
        const last = DateTime.now().startOf("week");
        return Array.from({ length: WEEKS }, (_, place) => {
            const from = last.minus({ weeks: WEEKS - 1 - place });
            const key = from.toISODate();
            const week = { from, met: met[key] || 0, tried: tried[key] || 0 };
            return {
                ...week,
                key,
                told: this.tell(week),
                marks: [
                    ...Array(week.met).fill("met"),
                    ...Array(week.tried).fill("tried"),
                ].slice(0, MOST),
                more: week.met + week.tried > MOST,
            };
        });
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
    summarise(weeks) {
        const busy = weeks.filter(({ met, tried }) => met || tried);
        const quiet = _t("Weeks without any: %s", weeks.length - busy.length);
        return [...busy.map(({ told }) => told), quiet].join("; ");
    }
}

registry.category("fields").add("sekp_rhythm_strip", {
    component: RhythmStrip,
    supportedTypes: ["json"],
});
