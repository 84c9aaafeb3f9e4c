"""How the documents are written: ten rules of our own, each over the prose of one document.

A rule takes a document and yields what breaks it, as (line, what is wrong). It knows no code: blocks and
what stands in backticks are taken out before.
"""

import re

# A sentence of more words is read twice.
LONGEST = 30

FILLERS = "very|simply|basically|obviously|actually|really|quite|essentially|of course|needless to say"
LATIN = r"e\.g\.|i\.e\.|etc\.|viz\.|cf\.|and/or|via"
PROMISES = (
    "coming soon|in a future (?:release|version)|not yet implemented|to be implemented|planned for"
    "|stay tuned|TBD|TODO|FIXME"
)
MANNERS = r"please note|note that|we recommend|feel free|[a-z]!(?:\s|$)"
LONG_WINDED = (
    "in order to|due to the fact|at this point in time|make use of|utili[sz]e|leverage|in the event that"
    "|a number of|with regard to|prior to|subsequent to|facilitate"
)

# What is said otherwise in docs/glossary.md, and how.
WORDS = {
    "azure ad": "Microsoft Entra ID",
    "aad": "Microsoft Entra ID",
    "office 365 group": "Microsoft 365 group",
    "mailing list": "contact list",
    "distribution group": "distribution list",
    "synchronise": "sync",
    "synchronize": "sync",
    "synchronization": "sync",
    "unsubscribe link": "opt-out link",
    "dry run": "preview",
    "whitelist": "a word for what it is",
    "blacklist": "a word for what it is",
    "dlq": "dead letter",
    "cron job": "timer",
    "webinterface": "HTTP API",
}


def blank(match):
    """As many lines as were there, so that numbers stay right."""
    return "\n" * match.group(0).count("\n")


def prose(text):
    """A document without its code."""
    text = re.sub(r"^ *```.*?^ *```[^\n]*$", blank, text, flags=re.M | re.S)
    kept, is_code, was_empty, margin = [], False, True, 0
    for line in text.split("\n"):
        indent = len(line) - len(line.lstrip())
        if line.strip():
            if indent == 0:
                margin = 0
            is_code = (is_code or was_empty) and indent >= margin + 4
            entry = re.match(r"\s*([-*]|\d+\.) ", line)
            if entry and not is_code:
                margin = entry.end()
        kept.append("" if is_code else line)
        was_empty = not line.strip()
    text = "\n".join(kept)
    text = re.sub(r"``[^`]*``|`[^`]*`", lambda match: "code" + blank(match), text)
    return re.sub(r"\]\([^)]*\)", "]", text)


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def found(pattern, text, said):
    for match in re.finditer(pattern, text, flags=re.I | re.M):
        yield line_of(text, match.start()), f"{said}: {' '.join(match.group(0).split())}"


def paragraphs(text):
    """Paragraphs, entries of lists and cells of tables, each with its line."""
    at, lines = 1, []
    for number, line in enumerate([*text.split("\n"), ""], 1):
        begins = re.match(r"\s*([-*]|\d+\.) |\||#", line)
        if (begins or not line.strip()) and lines:
            yield at, " ".join(lines)
            lines = []
        if line.startswith("|"):
            yield from ((number, cell) for cell in line.strip("|").split(" | "))
        elif line.strip() and not line.startswith("#"):
            if not lines:
                at = number
            lines.append(line.strip())


def words_between(text):
    """Each sentence with its line: a colon and a semicolon end what is read in one breath."""
    for line, paragraph in paragraphs(text):
        for sentence in re.split(r"(?<=[.!?:;])\s+", paragraph):
            yield line, [word for word in sentence.split() if re.search(r"\w", word)]


def sentences_are_short(text):
    for line, words in words_between(text):
        if len(words) > LONGEST:
            yield line, f"{len(words)} words: {' '.join(words[:8])} …"


def nothing_fills(text):
    return found(rf"\b(?:{FILLERS})\b", text, "says nothing")


def no_latin(text):
    return found(rf"(?<!\w)(?:{LATIN})(?!\w)", text, "say it in English")


def nothing_is_promised(text):
    return found(rf"\b(?:{PROMISES})\b", text, "say what there is")


def no_manners(text):
    return found(MANNERS, text, "say it without ado")


def nothing_is_long_winded(text):
    return found(rf"\b(?:{LONG_WINDED})\b", text, "say it shorter")


def words_are_the_fields(text):
    for word, better in WORDS.items():
        yield from found(rf"\b{word}s?\b", text, f"say {better}")


def headings_are_headings(text):
    level = 0
    for number, line in enumerate(text.split("\n"), 1):
        mark = re.match(r"(#+) (.*)", line)
        if not mark:
            continue
        if len(mark.group(1)) > level + 1:
            yield number, f"a level is left out: {line}"
        if re.search(r"[.:;!]$", mark.group(2)):
            yield number, f"a heading ends without a stop: {line}"
        level = len(mark.group(1))


def no_word_stands_twice(text):
    for line, paragraph in paragraphs(text):
        for match in re.finditer(r"\b([A-Za-z]{2,}) \1\b", paragraph):
            if match.group(1) not in {"that", "had", "code"}:
                yield line, f"twice: {match.group(0)}"


def it_says_at_once_what_it_is(text):
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines or not re.match(r"# \S", lines[0]):
        yield 1, "a document begins with its title"
    elif len(lines) > 1 and not re.match(r"[A-Za-z*`\[]", lines[1]):
        yield 2, "below its title a document says in words what it is for"


RULES = [
    sentences_are_short,
    nothing_fills,
    no_latin,
    nothing_is_promised,
    no_manners,
    nothing_is_long_winded,
    words_are_the_fields,
    headings_are_headings,
    no_word_stands_twice,
    it_says_at_once_what_it_is,
]
