"""Squares through a Forkpool coordinator, from Python: the protocol is open, and its JSON dialect needs no library of ours.

The Python original: `with multiprocessing.Pool(2) as pool: pool.map(square, range(1, n + 1))`.
Run: `pip install websockets`, then `python squares.py 100000`, with a coordinator at FORKPOOL_URL (default ws://127.0.0.1:7070).
"""
import json
import os
import sys

from websockets.sync.client import connect

URL = os.environ.get("FORKPOOL_URL", "ws://127.0.0.1:7070")


def pool_map(task, items, pool_size):
    """What `Pool(pool_size).map(task, items)` does: the results in order, or the first failure as an exception."""
    results = [None] * len(items)
    with connect(URL, subprotocols=["forkpool.v1.json"], max_size=None, proxy=None) as socket:
        socket.send(json.dumps({"kind": "hello", "versions": [1], "client": "squares.py"}))
        socket.send(json.dumps({"kind": "submit", "batch": 1, "task": task, "poolSize": pool_size, "items": items, "end": True}))
        for frame in socket:
            message = json.loads(frame)
            if message["kind"] == "refused":
                raise ValueError(message["error"]["message"])
            if message["kind"] == "results":
                for failure in message.get("failures", []):
                    raise RuntimeError(f"{task} failed at {message['from'] + failure['at']}: {failure['error']['message']}")
                results[message["from"] : message["from"] + message["count"]] = message["values"]
                # What was read makes room for more: without this the coordinator pauses after its window.
                socket.send(json.dumps({"kind": "credit", "batch": 1, "bytes": len(frame)}))
            if message["kind"] == "done" or "done" in message:
                return results
    raise ConnectionError("the coordinator closed the connection before the batch was done")


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    squares = pool_map("square", list(range(1, count + 1)), pool_size=2)
    print(f"{count} squares, the last is {squares[-1]}, their sum is {sum(squares)}")
