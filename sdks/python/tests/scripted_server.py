"""A capture API that answers by a script and remembers what it was sent."""

from __future__ import annotations

import gzip
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Dict, List


class ScriptedServer:
    def __init__(self, answers: List[Dict[str, Any]]) -> None:
        self.answers = answers
        self.requests: List[Dict[str, Any]] = []
        self.times: List[float] = []
        self.answered = 0
        self.may_answer = threading.Event()
        self.may_answer.set()
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                answer = outer._take(self.path, json.loads(body), self.headers.get("X-API-Key"))
                outer.may_answer.wait()
                outer.answered += 1
                if answer.get("hang_up"):
                    self.close_connection = True
                    self.connection.close()
                    return
                text = json.dumps(answer.get("body", {})).encode()
                self.send_response(answer["status"])
                for name, value in answer.get("headers", {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def _take(self, path: str, body: Dict[str, Any], key: Any) -> Dict[str, Any]:
        with self._lock:
            index = min(len(self.requests), len(self.answers) - 1)
            self.requests.append({"path": path, "batch": body["batch"], "key": key, "sent_at": body.get("sent_at")})
            self.times.append(time.monotonic())
            return self.answers[index]

    def answer_to(self, index: int) -> Dict[str, Any]:
        return self.answers[min(index, len(self.answers) - 1)]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
