#!/usr/bin/env bash
# pynetbox 7.8.0: a filter by an empty list is no filter, and a limit limits nothing.
#
# Guess:    `filter(id=[])` finds no device, `filter(limit=2)` at most two, and what was found can be read again.
# Seen:     an empty list leaves the query that is sent, so NetBox answers with all devices, as to `all()`.  `limit` is
#           the size of a page: the next pages are asked for until there are none.  What comes back can be read
#           once; after that it is empty, while its `len()` and its truth stay those of the first time.
# Matters:  a list that is made elsewhere (the devices of a ticket, the ones that failed yesterday) and happens to be
#           empty chooses the whole estate; a first look at two devices reads all of them.
#
# Exits 0 while it is so, 1 once pynetbox behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq --disable-pip-version-check pynetbox==7.8.0
NO_PROXY=127.0.0.1 "$folder/venv/bin/python" - <<'PYTHON'
import http.server, importlib.metadata, json, sys, threading
from urllib.parse import parse_qs, urlsplit
import pynetbox

asked = []


class NetBox(http.server.BaseHTTPRequestHandler):
    """As much of the API as a list of five devices needs: a filter by `id`, and pages."""

    def do_GET(self):
        asked.append(self.path)
        where = urlsplit(self.path)
        query = parse_qs(where.query)
        base = f"http://{self.headers['Host']}{where.path}"
        found = [
            {"id": number, "name": f"fw-{number}", "url": f"{base}{number}/"}
            for number in range(1, 6)
            if str(number) in query.get("id", [str(number)])
        ]
        # 0 asks for the largest page.
        size, start = int(query["limit"][0]) or 1000, int(query.get("offset", ["0"])[0])
        end = start + size
        page = {
            "count": len(found),
            "next": f"{base}?limit={size}&offset={end}" if end < len(found) else None,
            "previous": None,
            "results": found[start:end],
        }
        body = json.dumps(page).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), NetBox)
threading.Thread(target=server.serve_forever, daemon=True).start()
devices = pynetbox.api(f"http://127.0.0.1:{server.server_port}", token="example").dcim.devices
version = importlib.metadata.version("pynetbox")
seen = []
for words in ({"id": [2, 3]}, {"id": []}, {"limit": 2}):
    asked.clear()
    found = devices.filter(**words)
    first, again = len(list(found)), len(list(found))
    seen.append((len(asked), first, again, len(found), bool(found)))
    print(f"pynetbox {version}: filter({words}) asked {asked}, gave {first}, read again {again}, "
          f"len() {len(found)}, bool() {bool(found)}")
server.shutdown()
sys.exit(seen != [(1, 2, 0, 2, True), (1, 5, 0, 5, True), (3, 5, 0, 5, True)])
PYTHON
