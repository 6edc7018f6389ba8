"""The YAML reader: texts as written, each with its place, and one clear problem for all else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asa_transport.files import yamltext
from asa_transport.files.yamltext import Document, Mapping, Mark, Scalar, Sequence, parse, to_plain

SENTINEL = "Hunter2SENTINEL"


def problems(text: str | bytes) -> list[str]:
    return [str(problem) for problem in parse(text, file="f.yaml").problems]


def plain(text: str | bytes) -> yamltext.PlainData:
    document = parse(text, file="f.yaml")
    assert document.problems == ()
    assert document.root is not None
    return to_plain(document.root)


@pytest.mark.parametrize(
    "written",
    [
        "9.20",
        "9.20(4)14",
        "no",
        "yes",
        "on",
        "0123",
        "0x1F",
        "1e3",
        "1_000",
        "12:30:45",
        "2026-01-12",
        "true",
        "null",
        "~",
    ],
)
def test_a_scalar_is_the_text_as_written(written: str) -> None:
    """YAML's own types would turn release 9.20 into 9.2 and match the wrong bug."""
    assert plain(f"key: {written}\n") == {"key": written}


@pytest.mark.parametrize(
    ("text", "is_null"),
    [
        ("key:", True),
        ("key: ~", True),
        ("key: null", True),
        ("key: ''", False),
        ("key: 'null'", False),
        ("key: no", False),
    ],
)
def test_null_is_known_without_changing_the_text(text: str, is_null: bool) -> None:
    """A reader must tell `key:` from `key: ""`."""
    root = parse(text, file="f.yaml").root

    assert isinstance(root, Mapping)
    value = root.get("key")
    assert isinstance(value, Scalar)
    assert value.is_null is is_null


def test_every_value_knows_its_line_and_column() -> None:
    """Messages point at the place, counted from 1 as editors do."""
    root = parse("a: 1\nb:\n  - x\n  - {c: é, d: y}\n", file="f.yaml").root

    assert isinstance(root, Mapping)
    b = root.get("b")
    assert isinstance(b, Sequence)
    assert b.mark == Mark(line=3, column=3)
    inner = b.items[1]
    assert isinstance(inner, Mapping)
    assert [(entry.key.mark, entry.value.mark) for entry in inner.entries] == [
        (Mark(line=4, column=6), Mark(line=4, column=9)),
        (Mark(line=4, column=12), Mark(line=4, column=15)),
    ]


@pytest.mark.parametrize(
    "text", ["\ufeffa: b", b"\xef\xbb\xbfa: b", "a: b\r\n", "a: b\n...\n", "%YAML 1.1\n---\na: b"]
)
def test_harmless_ways_to_write_a_file_are_read(text: str | bytes) -> None:
    """Editors on other systems leave a byte order mark or CR LF."""
    assert plain(text) == {"a": "b"}


def test_an_alias_stands_for_the_anchored_value() -> None:
    """Aliases within bounds are plain YAML and work."""
    assert plain("a: &x {k: 1}\nb: *x\nc: [*x, *x]\n") == {
        "a": {"k": "1"},
        "b": {"k": "1"},
        "c": [{"k": "1"}] * 2,
    }


BAD = [
    ("", "f.yaml: the file is empty"),
    ("# nothing\n", "f.yaml: the file is empty"),
    ("---\n", "f.yaml: the file is empty"),
    ("a: 1\nb: 2\na: 3\n", "f.yaml:3:1: key 'a' is here twice, first at line 1, column 1; delete one"),
    ("a: {b: 1, b: 2}\n", "f.yaml:1:11: key 'b' is here twice, first at line 1, column 5; delete one"),
    ("a: 1\n---\nb: 2\n", "f.yaml:2:1: a second document starts here ('---'); a file holds one"),
    ("a:\n\tb: 1\n", "f.yaml:2:1: there is a tab here; YAML takes only spaces: replace it"),
    ("a:\n  b: 1\n\tc: 1\n", "f.yaml:3:1: there is a tab here; YAML takes only spaces: replace it"),
    ("a: x\0y\n", "f.yaml:1:5: found a NUL byte: is this a text file?"),
    ("a: 1\nb: \x1b[31m\n", "f.yaml:2:4: found the invisible character U+001B; delete it"),
    ("a: x\u2028b: y\n", "f.yaml:1:5: found the invisible character U+2028; delete it"),
    (b"a: b\nc: \xe9\n", "f.yaml:2:4: byte 0xE9 is not UTF-8; save the file as UTF-8"),
    ("a: b".encode("utf-16"), "f.yaml: the file is UTF-16; save it as UTF-8"),
    ("a: &x [1, *x]\n", "f.yaml:1:11: an alias inside the value that it stands for, which would never end"),
    ("a: {<<: {b: c}}\n", "f.yaml:1:5: merge keys ('<<') are not supported; write the keys out"),
    ("? [a]\n: b\n", "f.yaml:1:3: a key must be one text, not a map or a list"),
    ("a: 1\n? ~\n: b\n", "f.yaml:2:3: a key is empty; give it a name"),
    (
        "a: !!python/object/apply:os.system [id]\n",
        "f.yaml:1:4: tags '!!python/…' are not supported, every value is read as text; "
        "put the value in quotes if the '!' belongs to it",
    ),
    (
        "a: !!int 5\n",
        "f.yaml:1:4: tags '!!int' are not supported, every value is read as text; "
        "put the value in quotes if the '!' belongs to it",
    ),
    (
        "a: &x 1\nb: &x 2\n",
        "f.yaml:2:4: an anchor ('&' and a name) is set twice; it is first at line 1, column 4",
    ),
    (
        "a: *x\n",
        "f.yaml:1:4: an alias ('*' and a name) without its anchor ('&' and the name) above it; "
        "put the value in quotes if the '*' belongs to it",
    ),
    ("[" * 40 + "]" * 40, "f.yaml:1:33: nested more than 32 deep"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), BAD, ids=[repr(text[:24]) for text, _ in BAD])
def test_what_is_wrong_is_one_problem_with_its_place(text: str | bytes, message: str) -> None:
    """An operator must find the character that is wrong without guessing."""
    assert problems(text) == [message]


@pytest.mark.parametrize(
    ("text", "place"),
    [("a: b: c\n", "f.yaml:1:5: "), ("a: [b\n", "f.yaml:2:1: "), ("a: 'b\n", "f.yaml:2:1: ")],
)
def test_a_syntax_error_has_its_place(text: str, place: str) -> None:
    """The words are libyaml's and may change; the place may not."""
    (problem,) = problems(text)

    assert problem.startswith(place + "not YAML: ")


def test_an_alias_bomb_is_refused_before_it_is_expanded() -> None:
    """Nine aliases nine deep are 3.5 * 10^8 values."""
    bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
    bomb += "".join(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 9))

    (problem,) = problems(bomb)

    assert problem == "f.yaml:7:22: more than 3,000,000 values when the aliases are followed: an alias bomb?"


def test_a_chain_of_aliases_cannot_nest_without_bound() -> None:
    """Each level is written once, yet the tree would be as deep as the chain is long."""
    chain = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 90))

    assert problems(chain) == ["f.yaml:32:12: nested more than 32 deep when this alias is followed"]


def test_an_over_large_file_is_refused_unread() -> None:
    """A wrong path must not fill the memory."""
    assert problems(b"a" * (yamltext.MAX_BYTES + 1)) == ["f.yaml: the file is larger than 32 MiB; split it"]


def test_all_structural_problems_are_found_at_once_beside_the_tree() -> None:
    """A reader adds its own problems to these, so the tree must be there."""
    document = parse("a: 1\na: 2\n<<: {b: 1}\nc: !x 1\nd: 4\n", file="f.yaml")

    assert [(p.line, p.column) for p in document.problems] == [(2, 1), (3, 1), (4, 4)]
    assert document.root is not None
    assert to_plain(document.root) == {"a": "1", "c": "1", "d": "4"}


@pytest.mark.parametrize(
    "value",
    [
        f"*{SENTINEL}", f"&{SENTINEL}", f"!{SENTINEL}", f"!!{SENTINEL}", f"!{SENTINEL}!x", f"%{SENTINEL}",
        f"@{SENTINEL}", f"`{SENTINEL}", f"'{SENTINEL}", f'"{SENTINEL}\\q"', f"[{SENTINEL}", f"{{{SENTINEL}",
        f"{SENTINEL}: {SENTINEL}: x", f"|{SENTINEL}", f"!<{SENTINEL}", f"{SENTINEL}\0",
        f"!!python/{SENTINEL} x",
    ],
)  # fmt: skip
def test_no_problem_quotes_a_value(value: str) -> None:
    """A password that YAML stumbles over must not end in a log."""
    document = parse(f"password: {value}\n", file="f.yaml")

    assert SENTINEL not in " ".join(str(problem) for problem in document.problems)


YAML_LIKE = st.text(alphabet=st.sampled_from("ab0 \n\t:-[]{},&*!|>'\"%@#?<~.\\/éU\u2028\0"), max_size=80)


@given(st.one_of(st.text(), st.binary(), YAML_LIKE))
def test_any_text_yields_a_document(text: str | bytes) -> None:
    """The reader never raises: every outcome is a tree or a problem."""
    document = parse(text, file="f.yaml")

    assert isinstance(document, Document)
    assert (document.root is not None) or document.problems


@given(
    st.text(
        alphabet=st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="'\"\\"), min_size=1
    )
)
def test_a_quoted_text_comes_back_unchanged(text: str) -> None:
    """Nothing is trimmed, folded or converted."""
    assert plain(f"key: '{text}'\n") == {"key": text}
