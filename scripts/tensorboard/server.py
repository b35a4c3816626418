"""Runs TensorBoard's server on this machine, see run."""

import json
import pathlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request


class Server:
    """A server that shows a folder. fast selects the data loader that TensorBoard uses by default."""

    def __init__(self, folder, fast):
        self.folder, self.fast = folder, fast

    def __enter__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/"
        program = pathlib.Path(sys.executable).with_name("tensorboard")
        words = [program, "--logdir", self.folder, "--host", "127.0.0.1", "--port", str(port), "--reload_interval", "1", f"--load_fast={str(self.fast).lower()}"]
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if not self.wait("data/environment", lambda got: True, 60):
            self.__exit__()
            raise RuntimeError("the server does not answer")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def fetch(self, path, **query):
        if query:
            path += "?" + urllib.parse.urlencode(query)
        with urllib.request.urlopen(self.url + path, timeout=20) as answer:
            return answer.read()

    def get(self, path, **query):
        return json.loads(self.fetch(path, **query))

    def post(self, path, content):
        request = urllib.request.Request(self.url + path, json.dumps(content).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read())

    def wait(self, path, accept, seconds=30):
        """Asks again until the answer is accepted."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if accept(self.get(path)):
                    return True
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                pass  # not ready
            time.sleep(0.5)
        return False
