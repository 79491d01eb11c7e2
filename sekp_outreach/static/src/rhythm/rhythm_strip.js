import { Component } from "@odoo/owl";
import { deserializeDate, formatDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

// Of more in one week a plus is shown; the words tell all of them.
const MOST = 4;

/** Contacts and attempts by week, so that persistence is seen: filled and hollow. */
export class RhythmStrip extends Component {
    static template = "sekp_outreach.RhythmStrip";
    static props = { ...standardFieldProps };

    get weeks() {
        return (this.props.record.data[this.props.name] || []).map((week) => ({
            ...week,
            told: this.tell(week),
            marks: [
                ...Array(Math.min(week.met, MOST)).fill("met"),
                ...Array(Math.min(week.tried, MOST)).fill("tried"),
            ].slice(0, MOST),
            more: week.met + week.tried > MOST,
        }));
    }

    tell({ week, from, met, tried }) {
        return _t("Week %(week)s, from %(day)s: contacts %(met)s, attempts %(tried)s", {
            week,
            day: formatDate(deserializeDate(from)),
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
