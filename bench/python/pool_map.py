"""CPython's side of the map-service bench: keeps one Pool(2) and answers each line `N` with the seconds of one map.

Source of the measured call: https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool.map
"""
import json
import multiprocessing
import platform
import sys
import time


def square(n):
    return n * n


def main():
    with multiprocessing.Pool(int(sys.argv[1])) as pool:
        print(json.dumps({"python": platform.python_version()}), flush=True)
        for line in sys.stdin:
            count = int(line)
            started = time.perf_counter()
            squares = pool.map(square, range(1, count + 1))
            seconds = time.perf_counter() - started
            print(json.dumps({"seconds": seconds, "length": len(squares), "sum": sum(squares)}), flush=True)


if __name__ == "__main__":
    main()
