{
    "name": "Fault Points",
    "summary": "Ends a process in the middle of its work, on test servers only",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "author": "SEKP Outreach",
    "license": "LGPL-3",
    "depends": ["base"],
    "installable": False,
}
