"""Opens many connections that say nothing, half of them the beginning of TLS, and asks meanwhile.

usage: idle_connections.py PORT PID COUNT: prints what was seen, a JSON object.
"""

import json, os, resource, socket, ssl, sys, time, urllib.request

port, pid, count = (int(word) for word in sys.argv[1:4])
resource.setrlimit(resource.RLIMIT_NOFILE, (count + 200, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
context = ssl._create_unverified_context()  # who answers isn't looked at here


def files():
    return len(os.listdir(f"/proc/{pid}/fd"))


def memory():
    """Bytes of proportional set size."""
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith("Pss:")) * 1024


def ask():
    with urllib.request.urlopen(f"https://127.0.0.1:{port}/version", context=context, timeout=20) as answer:
        return json.load(answer)["major"]


def wait(condition, seconds):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.1)
    return condition()


before, first = files(), memory()
connections = []
for number in range(count):
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    if number % 2:
        connection.sendall(b"\x16\x03\x01")
    connections.append(connection)
opened = wait(lambda: files() >= before + count, 20)
answers = [ask() for _ in range(5)]
each = (memory() - first) // count
for connection in connections:
    connection.close()
print(json.dumps({
    "opened": opened, "answers": answers, "bytesEach": each, "closed": wait(lambda: files() < before + 50, 20)}))
