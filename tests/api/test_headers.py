"""The headers of an opt-out link reach a mail program through the libraries of others as they are."""

import email
import email.policy
import json
import urllib.request
from email.message import EmailMessage

import pytest

NAMES = ("List-Unsubscribe", "List-Unsubscribe-Post")
SEND = """
import nodemailer from "nodemailer";
const transport = nodemailer.createTransport({ streamTransport: true, buffer: true });
const message = { from: "news@contoso.example", to: "cleo@contoso.example", text: "News." };
const sent = await transport.sendMail({ ...message, headers: JSON.parse(process.argv[2]) });
process.stdout.write(sent.message);
"""
READ = """
import { simpleParser } from "mailparser";
const list = (await simpleParser(process.argv[2])).headers.get("list");
process.stdout.write(JSON.stringify([list.unsubscribe.url, list["unsubscribe-post"].name]));
"""


@pytest.fixture
def headers(stage):
    """As the API gives them."""
    ask = urllib.request.Request(
        f"{stage['url']}/v1/opt-out-links",
        data=json.dumps({"contact": "cleo@contoso.example", "list": "News"}).encode(),
        headers={"Authorization": f"Bearer {stage['key']}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(ask) as answer:
        given = json.load(answer)["headers"]
    assert len(given["List-Unsubscribe"]) > 75, "longer than Python's library leaves alone by itself"
    return given


@pytest.fixture
def program(node, tmp_path):
    """Runs a text as a module of Node.js that finds what npm has."""
    from conftest import MODULES

    (tmp_path / "node_modules").symlink_to(MODULES)

    def run(text, argument):
        path = tmp_path / "program.mjs"
        path.write_text(text)
        return node(path, argument, cwd=tmp_path)

    return run


def by_python(headers, policy):
    message = EmailMessage(policy=policy)
    message["From"], message["To"] = "news@contoso.example", "cleo@contoso.example"
    for name in NAMES:
        message[name] = headers[name]
    message.set_content("News.")
    return message.as_bytes().decode()


def lines(message):
    """What a program finds that unfolds and does nothing else, as mail programs do for this header."""
    head = message.replace("\r\n", "\n").split("\n\n")[0].replace("\n ", " ")
    found = dict(line.split(": ", 1) for line in head.split("\n"))
    return {name: found[name] for name in NAMES}


def read_back(message, headers, program):
    assert lines(message) == headers
    parsed = email.message_from_string(message, policy=email.policy.default)
    # Python keeps the blank of a line that was folded before its first word, as nodemailer does it.
    assert {name: parsed[name].strip() for name in NAMES} == headers
    url, click = json.loads(program(READ, message))
    assert (f"<{url}>", click) == (headers["List-Unsubscribe"], headers["List-Unsubscribe-Post"])


def test_python_sends_them_as_they_are_where_lines_may_be_long(headers, program):
    """The line of docs/people.md."""
    read_back(by_python(headers, email.policy.SMTP.clone(max_line_length=998)), headers, program)


def test_python_by_itself_makes_words_of_the_link(headers):
    """Should it ever leave the link alone, docs/people.md has a line too many."""
    assert lines(by_python(headers, email.policy.SMTP))["List-Unsubscribe"].startswith("=?utf-8?q?")


def test_nodemailer_sends_them_as_they_are(headers, program):
    read_back(program(SEND, json.dumps(headers)), headers, program)
