"""Fetching a weights file: whole and checked, or not there at all."""

import hashlib
import http.server
import threading

import pytest

from course_utils import weights
from course_utils.weights import DownloadError, cache_path, fetch

BODY = b"weights" * 1000
DIGEST = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def server(monkeypatch, tmp_path):
    """A server on this machine's loopback; returns (its address, the requests that it got)."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.delenv("COURSE_OFFLINE", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append((self.path, self.headers["User-Agent"]))
            found = "missing" not in self.path
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(BODY if found else b"")

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}", seen
        running.shutdown()
        thread.join()


def leftovers(url):
    folder = cache_path(url).parent
    return sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []


def test_a_file_arrives_under_its_official_name_and_is_asked_for_once(server):
    address, seen = server
    url = f"{address}/models/net-{DIGEST[:8]}.pth"
    path = fetch(url)
    assert path == cache_path(url) and path.read_bytes() == BODY
    assert fetch(url) == path
    assert seen == [(f"/models/net-{DIGEST[:8]}.pth", weights.USER_AGENT)]
    assert leftovers(url) == [path.name]


def test_a_file_with_another_hash_is_refused_and_leaves_nothing(server):
    url = f"{server[0]}/net-00000000.pth"
    with pytest.raises(DownloadError, match=f"broken.*{DIGEST[:8]}"):
        fetch(url)
    assert leftovers(url) == []


def test_a_refusal_names_the_servers_answer(server):
    with pytest.raises(DownloadError, match="the server answered 404"):
        fetch(f"{server[0]}/missing-{DIGEST[:8]}.pth")


def test_no_server_at_all_is_no_connection(server, monkeypatch):
    # Port 9 (discard) of this machine: nothing listens there.
    with pytest.raises(DownloadError, match="no connection"):
        fetch("http://127.0.0.1:9/net-12345678.pth")


def test_a_download_that_takes_too_long_is_given_up(server):
    url = f"{server[0]}/net-{DIGEST[:8]}.pth"
    with pytest.raises(DownloadError, match="too slow"):
        fetch(url, timeout=-1)
    assert leftovers(url) == []


@pytest.mark.parametrize(("value", "forbidden"), [("1", True), ("yes", True), ("0", False), ("", False)])
def test_course_offline_forbids_the_network(server, monkeypatch, value, forbidden):
    monkeypatch.setenv("COURSE_OFFLINE", value)
    url = f"{server[0]}/net-{DIGEST[:8]}.pth"
    if forbidden:
        with pytest.raises(DownloadError, match="COURSE_OFFLINE is set"):
            fetch(url)
        assert server[1] == []
    else:
        assert fetch(url).is_file()
