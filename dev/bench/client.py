"""A user over HTTP: what the web client asks, recorded in a browser and asked again."""

import json
import time
from dataclasses import dataclass

import requests
from lxml import etree

PASSWORD = "bench-bench"  # noqa: S105, of an invented person in a throw-away database
# What the client asks once and keeps, or asks on every page.
KEPT = {"get_views", "load_views", "has_group", "load", "get_filters", "check_access"}
SYSTRAY = "systray_get_activities"
DATA = ("/web/dataset/call_kw/", "/web/dataset/call_button/", "/mail/")
QUIET = 1.0


@dataclass
class Call:
    """One request of the web client."""

    path: str
    params: dict


class Refused(Exception):
    """Odoo answered with an error."""


class Client:
    """One logged-in user.

    :param str address: of the server
    :param str database:
    :param str login:
    """

    def __init__(self, address, database, login):
        self.address, self.login = address, login
        self.session = requests.Session()
        self.rpc(
            "/web/session/authenticate",
            {"db": database, "login": login, "password": PASSWORD},
        )
        told = self.rpc("/web/session/get_session_info", {})
        company = told["user_companies"]["current_company"]
        self.context = {**told["user_context"], "allowed_company_ids": [company]}

    def rpc(self, path, params):
        """The result of one request.

        :raises Refused: with Odoo's own words
        """
        answer = self.session.post(
            self.address + path,
            json={"jsonrpc": "2.0", "method": "call", "params": params},
            timeout=600,
        )
        answer.raise_for_status()
        told = answer.json()
        if "error" in told:
            data = told["error"].get("data", {})
            raise Refused(f"{path}: {data.get('name')}: {data.get('message')}")
        return told.get("result")

    def call(self, model, method, *args, **kwargs):
        """The result of a method of a model."""
        context = self.context | kwargs.pop("context", {})
        return self.rpc(
            f"/web/dataset/call_kw/{model}/{method}",
            {
                "model": model,
                "method": method,
                "args": list(args),
                "kwargs": {**kwargs, "context": context},
            },
        )

    def form(self, model, view=False):
        """A form's arch, and the fields of all models in it."""
        told = self.call(model, "get_views", [[view, "form"]], options={})
        arch = etree.fromstring(told["views"]["form"]["arch"])
        return arch, {name: one["fields"] for name, one in told["models"].items()}

    def specification(self, model, view=False):
        """What the client asks of a form when it saves or opens it."""
        arch, models = self.form(model, view)
        return wanted(arch, model, models)

    def fresh(self, model, view=False, context=None):
        """What the client sends of a new record in which nobody typed yet."""
        arch, models = self.form(model, view)
        spec = wanted(arch, model, models)
        told = self.call(model, "onchange", [], {}, [], spec, context=context or {})
        fixed = {
            node.get("name")
            for node in arch.iter("field")
            if node.get("readonly") in ("1", "True") and not node.get("force_save")
        }
        return spec, {
            name: value["id"] if isinstance(value, dict) else value
            for name, value in told["value"].items()
            if not isinstance(value, list)
            and not models[model][name].get("readonly")
            and name not in fixed
        }


def wanted(arch, model, models):
    """The specification of a view: its fields, those of lists within it included."""
    spec = {}
    for node in arch.iterchildren(etree.Element):
        if node.tag != "field":
            spec.update(wanted(node, model, models))
            continue
        about = models[model].get(node.get("name"))
        if not about:
            continue
        spec[node.get("name")] = {}
        if about["type"] == "many2one":
            spec[node.get("name")] = {"fields": {"display_name": {}}}
        elif about["type"] in ("one2many", "many2many") and about["relation"] in models:
            inner = wanted(node, about["relation"], models)
            spec[node.get("name")] = {"fields": inner} if inner else {}
    return spec


class Recorder:
    """A browser in which one user opens pages, and what it asks for them.

    :param page: a tab of a running browser
    """

    def __init__(self, page, address, login):
        self.page, self.address = page, address
        start = "/odoo/action-base.action_res_users_my"
        page.log_in(f"{address}/web/login?redirect={start}", login, PASSWORD)
        self.settle()

    def settle(self):
        """Wait until nothing was asked and answered for a while."""
        silent, known = time.monotonic(), None
        while time.monotonic() - silent < QUIET:
            time.sleep(0.1)
            self.page.run("1")
            now = len([one for one in self.page.events if "Network" in one["method"]])
            if now != known:
                silent, known = time.monotonic(), now

    def record(self, path, wait, text=None):
        """What the client asks when a page is opened, or a text searched on it.

        :param str path: behind the server's address
        :param str wait: a selector that is there when the page is
        :param str text: searched in the page's search box
        """
        self.page.open(f"{self.address}{path}")
        self.page.until(f"!!document.querySelector({wait!r})")
        self.settle()
        if text:
            self.page.events = []
            self.page.fill(".o_searchview_input", text)
            self.settle()
            self.page.events = []
            self.page.press("Enter")
            self.settle()
        return self.asked()

    def asked(self):
        """The data requests since the last page was opened."""
        found = []
        for event in self.page.events:
            if event["method"] != "Network.requestWillBeSent":
                continue
            asked = event["params"]["request"]
            path = asked["url"].removeprefix(self.address)
            if asked["method"] != "POST" or not path.startswith(DATA):
                continue
            body = (
                asked.get("postData")
                or self.page.call(
                    "Network.getRequestPostData", requestId=event["params"]["requestId"]
                )["postData"]
            )
            params = json.loads(body)["params"]
            if params.get("method") not in KEPT:
                found.append(Call(path, params))
        return found


def is_systray(call):
    """Is it what the client asks for the top of every page?"""
    told = json.dumps(call.params)
    return call.path == "/mail/data" and (SYSTRAY in told or "mail.thread" not in told)
