{
    "name": "Bench: listen to SQL",
    "summary": "Loaded server-wide by the bench alone; in no database.",
    "license": "LGPL-3",
    "author": "SEKP Outreach",
    "depends": ["base"],
    "installable": True,
}
