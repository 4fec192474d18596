"""CPython's side of the pools bench: keeps its pools alive and answers each line `WHAT COUNT` with the seconds of one measurement.

Sources of the measured calls: https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool.map
and https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Executor.submit
"""
import concurrent.futures
import json
import multiprocessing
import platform
import sys
import time


def square(n):
    return n * n


def submit_all(executor, count):
    calls = [executor.submit(square, n) for n in range(count)]
    return [call.result() for call in calls]


def apply_all(pool, count):
    calls = [pool.apply_async(square, (n,)) for n in range(count)]
    return [call.get() for call in calls]


def main():
    size = int(sys.argv[1])
    with multiprocessing.Pool(size) as pool, concurrent.futures.ProcessPoolExecutor(
        size
    ) as processes, concurrent.futures.ThreadPoolExecutor(size) as threads:
        measurements = {
            "Pool.map": lambda count: pool.map(square, range(count)),
            "ProcessPoolExecutor.map": lambda count: list(processes.map(square, range(count), chunksize=count // (4 * size))),
            "Pool.apply_async": lambda count: apply_all(pool, count),
            "ProcessPoolExecutor.submit": lambda count: submit_all(processes, count),
            "ThreadPoolExecutor.submit": lambda count: submit_all(threads, count),
        }
        print(json.dumps({"python": platform.python_version()}), flush=True)
        for line in sys.stdin:
            what, count = line.split()
            started = time.perf_counter()
            squares = measurements[what](int(count))
            seconds = time.perf_counter() - started
            print(json.dumps({"seconds": seconds, "length": len(squares), "last": squares[-1]}), flush=True)


if __name__ == "__main__":
    main()
