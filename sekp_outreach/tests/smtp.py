"""A mail server on this machine: what leaves Odoo is seen as another one gets it."""

import socketserver
import threading


class _Session(socketserver.StreamRequestHandler):
    """Speaks as much SMTP as a sender needs (RFC 5321)."""

    def handle(self):
        sender, recipients = "", []
        self.say(220, "mx.example.com")
        while line := self.rfile.readline():
            line = line.decode("ascii").strip()
            verb = line[:4].upper()
            if verb == "MAIL":
                sender, recipients = self.path(line), []
                self.say(250, "ok")
            elif verb == "RCPT" and self.server.refuses:
                # Real ones name the address.
                self.say(550, f"5.1.1 <{self.path(line)}> unknown")
            elif verb == "RCPT":
                recipients.append(self.path(line))
                self.say(250, "ok")
            elif verb == "DATA":
                self.say(354, "go on")
                self.server.taken.append((sender, recipients, self.data()))
                self.say(250, "ok")
            elif verb == "QUIT":
                self.say(221, "bye")
                return
            elif verb in ("EHLO", "HELO", "RSET", "NOOP"):
                self.say(250, "ok")
            else:
                self.say(502, "unknown")

    def say(self, code, text):
        self.wfile.write(f"{code} {text}\r\n".encode())

    @staticmethod
    def path(line):
        return line.partition("<")[2].partition(">")[0]

    def data(self):
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)


class MailServer(socketserver.ThreadingTCPServer):
    """Takes mails while a ``with`` block runs.

    ``taken`` holds the envelope's sender, its recipients and the bytes of each mail.
    """

    daemon_threads = True

    def __init__(self, refuses=False):
        super().__init__(("127.0.0.1", 0), _Session)
        self.refuses = refuses
        self.taken = []
        self.port = self.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *args):
        self.shutdown()
        return super().__exit__(*args)
