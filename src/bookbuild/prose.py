"""The prose of a page: what a reader takes in as words, with mathematics, code and references masked."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import yaml
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

# Those of _config.yml; a test compares them.
EXTENSIONS = frozenset({"amsmath", "colon_fence", "deflist", "dollarmath", "html_image", "tasklist"})
MATHEMATICS, CODE, REFERENCE = "□", "▪", "▸"  # what stands for a masked piece
VERBATIM = frozenset({"bibliography", "code", "code-block", "eval-rst", "literalinclude", "math", "raw"})
# Directives whose argument is a name or a path; of any other it is a title.
NAMED = frozenset(
    {"explorer", "figure", "image", "include", "library", "library-contents", "statement", "toctree"}
)
SHOWN_OPTIONS = frozenset({"alt", "caption", "title"})
FIGURE_TEXTS = (("figure", "caption"), ("image", "alt"))
FENCES = frozenset({"fence", "colon_fence"})
BLOCK_MATHEMATICS = frozenset({"amsmath", "math_block", "math_block_label"})

# What a bare number is made of besides digits: `$0.217$`, `$17\,\%$`, `$\approx 10^{-9}$`, `$\frac12$`.
LATEX_OF_NUMBERS = re.compile(
    r"\\(?:[dt]?frac|times|cdot|approx|simeq|sim|leq?|geq?|pm|[lg]g|[,;:! %])(?![A-Za-z])|[{}~\s]"
)
NUMBERS = re.compile(r"[\d.,^+\-/%=<>|]*\d[\d.,^+\-/%=<>|]*")
SHAPE = re.compile(r"\d+(?:\s*\\times\s*\d+)+")  # a matrix has two sizes, and no unit


@dataclass(frozen=True)
class Passage:
    """A stretch of prose (a paragraph, a heading, a table's cell, a caption) and the line where it begins."""

    line: int
    text: str

    def line_of(self, place: int) -> int:
        return self.line + self.text.count("\n", 0, place)


def is_bare_number(mathematics: str) -> bool:
    """Whether a formula is nothing but numbers, which dollars do not turn into mathematics."""
    content = mathematics.strip()
    return not SHAPE.fullmatch(content) and bool(NUMBERS.fullmatch(LATEX_OF_NUMBERS.sub("", content)))


def myst() -> MarkdownIt:
    return create_md_parser(MdParserConfig(enable_extensions=set(EXTENSIONS)), RendererHTML)


def passages(text: str) -> list[Passage]:
    """All prose of a MyST text in the order of its lines; figures' captions and alternative texts with it."""
    return list(blocks(myst(), text, 1))


def blocks(parser: MarkdownIt, text: str, first: int) -> Iterator[Passage]:
    """Passages of a text whose first line has number `first`."""
    line = first
    for token in parser.parse(text):
        if token.map:
            line = first + token.map[0]
        if token.type == "inline":
            yield Passage(line, masked(token.children or []))
        elif token.type in BLOCK_MATHEMATICS and is_bare_number(token.content):
            yield Passage(line, f"$${token.content.strip()}$$")
        elif token.type == "html_block":
            yield Passage(line, words_of_html(token.content))
        elif token.type in FENCES and (name := re.match(r"\{([^}\s]+)\}\s*(.*)", token.info)):
            yield from directive(parser, name[1], name[2], token.content, line)


def masked(children: Sequence[Token]) -> str:
    """A paragraph as one text; every masked piece keeps its place, and its line breaks."""
    parts = []
    hidden_link = False
    for token in children:
        match token.type:
            case "text":
                parts.append(REFERENCE if hidden_link else token.content)
            case "softbreak" | "hardbreak":
                parts.append("\n")
            case "math_inline" | "math_inline_double":
                parts.append(mathematics(token.content))
            case "myst_role":
                parts.append(role(token.meta["name"], token.content))
            case "code_inline":
                parts.append(CODE)
            case "image":
                parts.append(token.content)
            case "html_inline":
                parts.append(words_of_html(token.content))
            case "link_open":
                hidden_link = token.markup == "autolink"  # its text is the address
            case "link_close":
                hidden_link = False
    return "".join(parts)


def mathematics(content: str) -> str:
    return f"${content}$" if is_bare_number(content) else MATHEMATICS + "\n" * content.count("\n")


def role(name: str, content: str) -> str:
    """A reference is masked but for its own wording, `{ref}`wording <label>``."""
    if name == "math":
        return mathematics(content)
    wording = re.fullmatch(r"(.*\S)\s*<[^<>]+>", content, flags=re.DOTALL)
    return wording[1] if wording else REFERENCE


def words_of_html(source: str) -> str:
    """What HTML shows or reads aloud: its text, alternative texts and titles."""
    spoken = re.findall(r"\b(?:alt|title|aria-label)=(?:\"([^\"]*)\"|'([^']*)')", source)
    return " ".join([re.sub(r"<[^>]*>", REFERENCE, source), *("".join(pair) for pair in spoken)])


def directive(parser: MarkdownIt, name: str, argument: str, content: str, line: int) -> Iterator[Passage]:
    """Passages of one directive, whose fence opens at `line`."""
    options, body, length = split_options(content)
    if name == "code-cell":
        yield from cell_texts(parser, options, line)
    elif name not in VERBATIM:
        if name not in NAMED:
            yield from blocks(parser, argument, line)
        for key, value in options.items():
            if key in SHOWN_OPTIONS:
                yield from blocks(parser, str(value), line)
        yield from blocks(parser, body, line + 1 + length)


def split_options(content: str) -> tuple[dict[str, object], str, int]:
    """Options of a directive, its body, and how many lines the options take."""
    lines = content.split("\n")
    if lines[0].strip() == "---" and "---" in (rest := [one.strip() for one in lines[1:]]):
        end = rest.index("---") + 2
        head = "\n".join(lines[1 : end - 1])
    else:
        end = next((i for i, one in enumerate(lines) if not re.match(r":[\w-]+:", one)), len(lines))
        head = "\n".join(yaml_line(one) for one in lines[:end])
    try:
        options = yaml.safe_load(head) if head else {}
    except yaml.YAMLError:
        options = {}  # told by those who use the options
    return (options if isinstance(options, dict) else {}), "\n".join(lines[end:]), end


def yaml_line(option: str) -> str:
    """`:alt: what one sees` is text; a value in braces or brackets is YAML."""
    key, value = option[1:].split(":", 1)
    quoted = value.strip().startswith(("{", "[", '"', "'"))
    return f"{key}: {value.strip()}" if quoted else f"{key}: '{value.strip().replace(chr(39), chr(39) * 2)}'"


def cell_texts(parser: MarkdownIt, options: dict[str, object], line: int) -> Iterator[Passage]:
    """Caption and alternative text of a figure that a cell draws, and what is written on a folded cell."""
    shown = options.get("mystnb")
    if isinstance(shown, dict):
        texts = [shown.get(key, "") for key in ("code_prompt_show", "code_prompt_hide")]
        texts += [(shown.get(part) or {}).get(key, "") for part, key in FIGURE_TEXTS]
        for text in texts:
            # One line of the file, the first below the fence or near it, holds them all.
            yield from (Passage(line + 1, one.text) for one in blocks(parser, str(text), line))
