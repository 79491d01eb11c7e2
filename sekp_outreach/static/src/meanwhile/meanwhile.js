import { Component } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { registry } from "@web/core/registry";
import { patch } from "@web/core/utils/patch";
import { Record } from "@web/model/relational_model/record";

const ERROR = ".ChangedMeanwhileError";
const TYPES = [
    "boolean", "char", "date", "datetime", "float", "integer", "many2one", "selection", "text",
]; // prettier-ignore

/** What a colleague has written in the meantime, beside one's own. */
export class MeanwhileDialog extends Component {
    static template = "sekp_outreach.Meanwhile";
    static components = { Dialog };
    static props = { close: Function, rows: Array, choose: Function };

    choose(mine) {
        this.props.choose(mine);
        this.props.close();
    }
}

patch(Record.prototype, {
    get context() {
        return this.sekpSeen ? { ...super.context, sekp_seen: this.sekpSeen } : super.context;
    },

    _setData() {
        // The lists of the form keep the context that they are told of here.
        this.sekpSeen = null;
        return super._setData(...arguments);
    },

    /** Tell what was read of the values that are changed now. */
    _sekpRead() {
        const names = Object.keys(this._changes).filter((name) => {
            const { type, store } = this.fields[name];
            return name in this._values && store !== false && TYPES.includes(type);
        });
        return Object.fromEntries(
            names.map((name) => [
                name,
                this._formatServerValue(this.fields[name].type, this._values[name]),
            ])
        );
    },

    async _save(options = {}) {
        // Of a page that is left no answer can be waited for: the history keeps both.
        if (!this.resId || !this.resModel.startsWith("sekp.") || this.model._urgentSave) {
            return super._save(...arguments);
        }
        const { onError } = options;
        const asked = async (error, tools) => {
            if (error.exceptionName?.endsWith(ERROR)) {
                return this._sekpAsk(error.data.context.fields, tools);
            }
            if (onError) {
                return onError(error, tools);
            }
            if (!this.isInEdition) {
                await this._load({});
            }
            throw error;
        };
        this.sekpSeen = this._sekpRead();
        try {
            return await super._save({ ...options, onError: asked });
        } finally {
            this.sekpSeen = null;
        }
    },

    /** Show both versions, and save one's own or what else was changed. */
    async _sekpAsk(names, { retry }) {
        this.sekpSeen = null;
        const specification = Object.fromEntries(
            names.map((name) => [
                name,
                this.fields[name].type === "many2one" ? { fields: { display_name: {} } } : {},
            ])
        );
        const [told] = await this.model.orm.webRead(this.resModel, [this.resId], {
            specification,
            context: this.context,
        });
        const now = this._parseServerValues(told);
        const formatters = registry.category("formatters");
        const rows = names.map((name) => {
            const field = this.fields[name];
            const say = (value) =>
                formatters.contains(field.type)
                    ? formatters.get(field.type)(value, { field })
                    : `${value || ""}`;
            return { name, label: field.string, now: say(now[name]), mine: say(this.data[name]) };
        });
        const mine = await new Promise((resolve) => {
            this.model.dialog.add(
                MeanwhileDialog,
                { rows, choose: resolve },
                { onClose: () => resolve(null) }
            );
        });
        if (mine === null) {
            return false;
        }
        for (const name of names) {
            this._values[name] = now[name];
            if (!mine) {
                delete this._changes[name];
                this.data[name] = now[name];
            }
        }
        return retry();
    },
});
