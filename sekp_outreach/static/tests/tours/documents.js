import { registry } from "@web/core/registry";

const NAME = "Brev til Ida.png";
const card = `.o_sekp_document_card[data-id]:contains("${NAME}")`;
const PIXEL =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

function choose(name, bytes, type) {
    return ({ anchor }) => {
        const files = new DataTransfer();
        files.items.add(new File([bytes], name, { type }));
        anchor.files = files.files;
        anchor.dispatchEvent(new Event("change"));
    };
}

// Runs on a screen 360 pixels wide and on a desk.
registry.category("web_tour.tours").add("sekp_documents", {
    steps: () => [
        { trigger: ".o_kanban_record:not(.o_kanban_ghost), .o_data_row .o_data_cell", run: "click" },
        { trigger: ".o_notebook .nav-link[name='documents']", run: "click" },
        {
            content: "an empty file is refused with a sentence",
            trigger: ".o_sekp_documents input[type='file']:not(:visible)",
            run: choose("tom.txt", "", "text/plain"),
        },
        { trigger: ".o_notification:contains('tom'), .o_notification .o_notification_content", run() {} },
        { trigger: ".o_notification .o_notification_close", run: "click" },
        {
            trigger: ".o_sekp_documents input[type='file']:not(:visible)",
            run: choose(NAME, Uint8Array.from(atob(PIXEL), (c) => c.charCodeAt(0)), "image/png"),
        },
        {
            content: "nothing is wider than the screen",
            trigger: card,
            run({ anchor }) {
                const { right } = anchor.getBoundingClientRect();
                if (right > window.innerWidth) {
                    throw new Error(`the card ends at ${right} of ${window.innerWidth}`);
                }
            },
        },
        { trigger: `${card} .o_sekp_document_open`, run: "click" },
        {
            content: "the picture itself is shown",
            trigger: ".o-FileViewer-viewImage",
            async run({ anchor }) {
                await anchor.decode();
                if (anchor.naturalWidth !== 1) {
                    throw new Error("no picture");
                }
            },
        },
        { trigger: ".o-FileViewer-headerButton[aria-label='Close']", run: "click" },
        { trigger: "body:not(:has(.o-FileViewer))" },
        { trigger: `${card} .o_sekp_document_delete`, run: "click" },
        { trigger: ".modal-footer .btn-primary", run: "click" },
        { trigger: ".o_sekp_documents:not(:has(.o_sekp_document_card))" },
    ],
});
