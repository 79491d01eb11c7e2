"""What one person's web client asks, without a browser."""

import requests

from .chromium import check

PATIENCE = 60


class WebClient:
    """One logged-in person.

    :param str address: of the server
    :param int patience: seconds until an answer has to be there
    """

    def __init__(self, address, database, login, password, patience=PATIENCE):
        self.address, self.patience = address, patience
        self.session = requests.Session()
        answer = self.post(
            "/web/session/authenticate",
            {"db": database, "login": login, "password": password},
        )
        check((answer.get("result") or {}).get("uid"), answer)

    def post(self, path, params):
        """The whole answer of one request."""
        return self.session.post(
            self.address + path, json={"params": params}, timeout=self.patience
        ).json()

    def call(self, model, method, *args, **context):
        """The whole answer of a method of a model: a result or an error."""
        return self.post(
            "/web/dataset/call_kw",
            {
                "model": model,
                "method": method,
                "args": args,
                "kwargs": {"context": context} if context else {},
            },
        )

    def told(self, model, method, *args, **context):
        """The result of a method of a model.

        :raises AssertionError: with Odoo's words, when it refuses
        """
        answer = self.call(model, method, *args, **context)
        refusal = answer.get("error", {}).get("data", {}).get("message")
        check("error" not in answer, refusal)
        return answer.get("result")

    def create(self, model, **vals):
        """The id of a new record.

        :raises AssertionError: with Odoo's words, when it refuses
        """
        return self.told(model, "create", [vals])[0]
