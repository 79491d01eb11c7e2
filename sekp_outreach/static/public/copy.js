// Copies what stands in an element. Without JavaScript the button is not there.
"use strict";

for (const button of document.querySelectorAll("button[data-copy]")) {
    if (!navigator.clipboard) {
        continue;
    }
    button.hidden = false;
    button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(button.dataset.copy);
        document.getElementById(button.dataset.told).textContent = button.dataset.done;
    });
}
