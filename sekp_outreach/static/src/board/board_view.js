import { registry } from "@web/core/registry";
import { utils } from "@web/core/ui/ui_service";
import { SearchModel } from "@web/search/search_model";
import { kanbanView } from "@web/views/kanban/kanban_view";

/** Columns where they fit; on a phone one list, instead of a first column that is empty. */
export class BoardSearchModel extends SearchModel {
    load(config) {
        const { defaultGroupBy, ...small } = config;
        return super.load(utils.isSmall() ? small : config);
    }
}

registry.category("views").add("sekp_board", { ...kanbanView, SearchModel: BoardSearchModel });
