#!/usr/bin/env bash
# textfsm 2.1.0 ends a line at characters that no device ends a line with.
#
# Guess:    a template's `^` stands for the start of a line of the device, that is for what follows a line feed.
# Seen:     the output is cut by `str.splitlines`: a vertical tab, a form feed, U+001C to U+001E, U+0085 and U+2028
#           within a line begin another line, which each rule is tried on.  `re.MULTILINE` and files cut at none.
# Matters:  free text that anybody may set (a description, a banner) can hold the start of a record: the device has
#           one serial number, and the parsed result two.
#
# Exits 0 while it is so, 1 once textfsm behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq --disable-pip-version-check textfsm==2.1.0
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata, io, re, sys
import textfsm

TEMPLATE = r"""Value SERIAL (\S+)

Start
  ^Serial Number: ${SERIAL} -> Record
"""
seen = {}
for between in (" ", "\t", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028"):
    output = f"Serial Number: EXAMPLE1\nDescription: spare,{between}Serial Number: EXAMPLE2\n"
    records = textfsm.TextFSM(io.StringIO(TEMPLATE)).ParseText(output)
    of_re = re.findall(r"(?m)^Serial Number: (\S+)", output)
    of_file = [line for line in io.StringIO(output) if line.startswith("Serial Number: ")]
    seen[between] = (len(records), len(of_re), len(of_file))
    print(f"textfsm {importlib.metadata.version('textfsm')}: with {ascii(between)} inside the line {len(records)} "
          f"record(s); re.MULTILINE finds {len(of_re)}, a file's lines {len(of_file)}")
sys.exit(any(counts != ((1 if between in " \t" else 2), 1, 1) for between, counts in seen.items()))
PYTHON
