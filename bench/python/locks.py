"""CPython's side of the locks bench: answers each line `KIND MEASURE N` with the seconds of N operations.

KIND is `process` (multiprocessing) or `thread` (threading, queue). The other party, a process or a thread, is started once. MEASURE `Lock` is
written as a program has it; `Lock_bound` looks the two methods up before the loop.
Sources of the measured calls: https://docs.python.org/3/library/multiprocessing.html, threading.html, queue.html
"""
import json
import multiprocessing
import platform
import queue
import sys
import threading
import time

ITEM = {"id": 1, "name": "a small record", "values": [1.5, 2.5, 3.5]}


class Party:
    """The primitives that two parties share, and what each of the two does with them."""

    def __init__(self, module, make_queue):
        self.Lock, self.RLock, self.Semaphore = module.Lock(), module.RLock(), module.Semaphore(1)
        self.ping, self.pong = module.Semaphore(0), module.Semaphore(0)
        self.there, self.back = make_queue(), make_queue()
        self.start = module.Barrier(2)

    def uncontended(self, name, n):
        lock = getattr(self, name)
        started = time.perf_counter()
        for _ in range(n):
            lock.acquire()
            lock.release()
        return time.perf_counter() - started

    def uncontended_bound(self, n):
        acquire, release = self.Lock.acquire, self.Lock.release
        started = time.perf_counter()
        for _ in range(n):
            acquire()
            release()
        return time.perf_counter() - started

    def both(self, name, n):
        """Both parties run `name`, from the same moment on; the first one's time counts."""
        self.start.wait()
        started = time.perf_counter()
        getattr(self, name)(n)
        self.start.wait()
        return time.perf_counter() - started

    def contended(self, n):
        lock = self.Lock
        for _ in range(n):
            lock.acquire()
            lock.release()

    contended_other = contended

    def hand_off(self, n):
        ping, pong = self.ping, self.pong
        for _ in range(n):
            ping.release()
            pong.acquire()

    def hand_off_other(self, n):
        ping, pong = self.ping, self.pong
        for _ in range(n):
            ping.acquire()
            pong.release()

    def numbers(self, n):
        there = self.there
        for i in range(n):
            if there.get() != i:
                raise RuntimeError("out of order")

    def numbers_other(self, n):
        there = self.there
        for i in range(n):
            there.put(i)

    def records(self, n):
        there = self.there
        for _ in range(n):
            there.get()

    def records_other(self, n):
        there = self.there
        for _ in range(n):
            there.put(ITEM)

    def echo(self, n):
        there, back = self.there, self.back
        for i in range(n):
            there.put(i)
            back.get()

    def echo_other(self, n):
        there, back = self.there, self.back
        for _ in range(n):
            back.put(there.get())

    def serve(self, receive):
        """The other party: runs what it is told to, until it is told `None`."""
        while (job := receive()) is not None:
            self.both(job[0] + "_other", job[1])


def main():
    processes, threads = Party(multiprocessing, multiprocessing.Queue), Party(threading, queue.Queue)
    theirs, ours = multiprocessing.Pipe()
    jobs = queue.SimpleQueue()
    multiprocessing.Process(target=processes.serve, args=(theirs.recv,), daemon=True).start()
    threading.Thread(target=threads.serve, args=(jobs.get,), daemon=True).start()
    parties = {"process": (processes, ours.send), "thread": (threads, jobs.put)}
    print(json.dumps({"python": platform.python_version()}), flush=True)
    for line in sys.stdin:
        kind, measure, n = line.split()
        party, tell = parties[kind]
        if measure in ("Lock", "RLock", "Semaphore"):
            seconds = party.uncontended(measure, int(n))
        elif measure == "Lock_bound":
            seconds = party.uncontended_bound(int(n))
        else:
            tell((measure, int(n)))
            seconds = party.both(measure, int(n))
        print(json.dumps({"seconds": seconds}), flush=True)
    for _, tell in parties.values():
        tell(None)


if __name__ == "__main__":
    main()
