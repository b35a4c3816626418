"""Runs an exported network with onnxruntime-web in a headless Chromium, and compares its outputs with onnxruntime's.

    browser.py NETWORK.onnx DIST

DIST is the folder dist of the npm package onnxruntime-web.
"""

import http.server
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading

import numpy as np
import onnxruntime

ALLOWED = 1e-5  # largest difference, relative to the largest value of an output
BATCH, SECONDS = 7, 120
PAGE = """<!doctype html><meta charset="utf-8"><script src="ort.wasm.min.js"></script><script>
async function run() {
  ort.env.wasm.numThreads = 1
  const network = await ort.InferenceSession.create('network.onnx')
  const values = new Float32Array(await (await fetch('input.bin')).arrayBuffer())
  const outputs = await network.run({ [network.inputNames[0]]: new ort.Tensor('float32', values, SHAPE) })
  await fetch('output.bin', { method: 'POST', body: outputs[network.outputNames[0]].data })
}
run().catch((problem) => fetch('error', { method: 'POST', body: String(problem) }))
</script>"""


def serve(folder):
    """Serves a folder. The answer of the page comes in the list."""
    answers, arrived = [], threading.Event()

    class Handler(http.server.SimpleHTTPRequestHandler):
        extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript", ".wasm": "application/wasm"}

        def __init__(self, *args):
            super().__init__(*args, directory=folder)

        def do_POST(self):
            answers.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()
            arrived.set()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, answers, arrived


def main():
    network, dist = sys.argv[1], pathlib.Path(sys.argv[2])
    session = onnxruntime.InferenceSession(network)
    shape = [BATCH, *session.get_inputs()[0].shape[1:]]
    values = np.random.default_rng(1).integers(0, 256, shape).astype(np.float32)
    name = session.get_outputs()[0].name
    want = session.run([name], {session.get_inputs()[0].name: values})[0]
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for file in ("ort.wasm.min.js", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"):
            shutil.copy(dist / file, root)
        shutil.copy(network, root / "network.onnx")
        values.tofile(root / "input.bin")
        (root / "index.html").write_text(PAGE.replace("SHAPE", str(shape)))
        server, answers, arrived = serve(folder)
        browser = subprocess.Popen(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile", f"http://127.0.0.1:{server.server_port}/"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        arrived.wait(SECONDS)
        browser.terminate()
        browser.wait()
        server.shutdown()
    if not answers or answers[0][0] != "/output.bin":
        sys.exit(f"FAIL browser: {answers[0][1].decode() if answers else f'no answer within {SECONDS} s'}")
    got = np.frombuffer(answers[0][1], np.float32).reshape(want.shape)
    worst = np.abs(got - want).max() / np.abs(want).max()
    print(f"{'ok  ' if worst <= ALLOWED else 'FAIL'} browser: {name} {worst:.1e}")
    sys.exit(int(worst > ALLOWED))


if __name__ == "__main__":
    main()
