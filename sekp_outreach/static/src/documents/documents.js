import { Component, onWillStart, onWillUpdateProps, useRef, useState } from "@odoo/owl";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { useDropzone } from "@web/core/dropzone/dropzone_hook";
import { FileModel } from "@web/core/file_viewer/file_model";
import { useFileViewer } from "@web/core/file_viewer/file_viewer_hook";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { humanSize } from "@web/core/utils/binary";
import { useBus, useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const MODEL = "sekp.document";
const FIELDS = ["title", "mimetype", "kind", "size", "uploader_id", "uploaded_at"];
// The server refuses more; here it is refused before it is sent.
const LARGEST = 25 * 1024 * 1024;
// What the server sends to be shown and not only to be saved.
const SHOWN = ["application/pdf", "image/gif", "image/jpeg", "image/png", "image/webp"];

// The link to what the documents belong to, by its model.
const PARENTS = { "sekp.course": "course_id", "sekp.referral": "referral_id" };
// A referral that takes no more documents.
const DONE = ["allocated", "closed"];

class DocumentFile extends FileModel {
    get isViewable() {
        return SHOWN.includes(this.mimetype);
    }

    get urlRoute() {
        return `/sekp/document/${this.id}`;
    }

    get urlQueryParams() {
        return {};
    }
}

export class Documents extends Component {
    static template = "sekp_outreach.Documents";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.fileUpload = useService("file_upload");
        this.fileViewer = useFileViewer();
        this.uploads = useState(this.fileUpload.uploads);
        this.state = useState({ documents: [], kinds: [], kind: "other" });
        this.own = new Set();
        this.rootRef = useRef("root");
        this.inputRef = useRef("input");
        useDropzone(
            this.rootRef,
            (ev) => this.upload(ev.dataTransfer.files),
            "o_sekp_documents_drop",
            () => this.canUpload
        );
        for (const name of ["FILE_UPLOAD_LOADED", "FILE_UPLOAD_ERROR"]) {
            useBus(this.fileUpload.bus, name, ({ detail }) => this.onUploaded(detail.upload));
        }
        onWillStart(async () => {
            const [fields] = await Promise.all([
                this.orm.call(MODEL, "fields_get", [["kind"], ["selection"]]),
                this.load(this.parentId),
            ]);
            this.state.kinds = fields.kind.selection;
        });
        onWillUpdateProps(async (props) => {
            if (props.record.resId !== this.parentId) {
                await this.load(props.record.resId);
            }
        });
    }

    get parentId() {
        return this.props.record.resId;
    }

    get parentField() {
        return PARENTS[this.props.record.resModel];
    }

    get canUpload() {
        const { phase, state } = this.props.record.data;
        return Boolean(this.parentId) && phase !== "closed" && !DONE.includes(state);
    }

    get ownUploads() {
        return Object.values(this.uploads).filter((upload) => this.own.has(upload.id));
    }

    async load(parentId) {
        const rows = parentId
            ? await this.orm.searchRead(MODEL, [[this.parentField, "=", parentId]], FIELDS)
            : [];
        this.state.documents = rows.map((row) =>
            Object.assign(new DocumentFile(), row, { name: row.title, type: "binary" })
        );
    }

    kindOf(file) {
        return Object.fromEntries(this.state.kinds)[file.kind];
    }

    sizeOf(file) {
        return humanSize(file.size);
    }

    whenOf(file) {
        return formatDateTime(deserializeDateTime(file.uploaded_at), { showSeconds: false });
    }

    percentOf(upload) {
        return Math.round(upload.progress * 100);
    }

    onChosen(ev) {
        this.upload(ev.target.files);
        // The same file may be chosen again.
        ev.target.value = "";
    }

    /**
     * Send each file by itself, so that one which is refused does not stop the others.
     *
     * @param {FileList} files
     */
    async upload(files) {
        const { parentField, parentId } = this;
        for (const file of [...files]) {
            if (file.size > LARGEST) {
                this.notification.add(
                    _t("“%(name)s” is too large: a document can be %(size)s at most.", {
                        name: file.name,
                        size: humanSize(LARGEST),
                    }),
                    { type: "danger" }
                );
                continue;
            }
            const upload = await this.fileUpload.upload("/sekp/document/upload", [file], {
                buildFormData: (data) => {
                    data.append(parentField, parentId);
                    data.append("kind", this.state.kind);
                },
            });
            this.own.add(upload.id);
        }
    }

    async onUploaded(upload) {
        if (this.own.delete(upload.id)) {
            await this.load(this.parentId);
        }
    }

    open(file) {
        if (file.isViewable) {
            this.fileViewer.open(file, this.state.documents);
        } else {
            window.location.assign(file.downloadUrl);
        }
    }

    remove(file) {
        this.dialog.add(ConfirmationDialog, {
            title: _t("Delete this document?"),
            body: _t("“%s” will be gone for everyone. It cannot be brought back.", file.name),
            confirmLabel: _t("Delete"),
            confirm: async () => {
                await this.orm.unlink(MODEL, [file.id]);
                await this.load(this.parentId);
            },
            cancel: () => {},
        });
    }
}

registry.category("view_widgets").add("sekp_documents", { component: Documents });
