"""The rows of API servers. kubeload is the client of all of them; a row's second figure is the CPU time that the server,
its store included, spent on a request."""

import time

from measure import rows

ROWS, row = rows()


@row("api-start")
def start(bench):
    def from_nothing(server):
        server.forget()
        return server.start()

    def again(server):
        server.stop()
        return server.start()

    bench.in_turn("API server: nothing to first answer", 3, from_nothing)
    bench.in_turn("API server: start to first answer, new cluster's state", 3, again)
    time.sleep(2)
    bench.both("memory (PSS) with a new cluster's state", [server.memory() / (1 << 20) for server in bench.servers], "MiB")


def requests(bench, clients, sizes):
    verbs = ["create", "get", "update", "merge", "strategic", "apply", "delete"]
    names = {"update": "put", "merge": "merge patch", "strategic": "strategic merge patch"}
    bench.fresh()
    only = ",".join(f"{verb}-{size}k" for size in sizes for verb in verbs)
    figures = bench.load(3, "--only", only, "--clients", str(clients), "--count", "2000", "--seconds", "10")
    for size in sizes:
        for verb in verbs:
            lines = [one[f"{verb}-{size}k", clients] for one in figures]
            what = f"{names.get(verb, verb)} {size} KiB, {clients} client{'s' if clients > 1 else ''}"
            show(bench, what, lines)


def show(bench, what, lines):
    bench.both(what, [line["perSecond"] for line in lines], "/s", more_is_better=True)
    bench.both("    99th percentile", [line["p99ms"] / 1000 for line in lines], "ms")
    bench.both("    CPU of the server, a request", [line["cpuSecondsPer1000"] / 1000 for line in lines], "ms")


@row("api-requests-1")
def one_client(bench):
    requests(bench, 1, [1, 10])


@row("api-requests-32")
def many_clients(bench):
    requests(bench, 32, [1, 10])


def list_lines(bench, turns, prefix, what):
    """A line pair for each form of a list; what there is to list must be there already."""
    figures = bench.load(turns, "--only", f"list-{prefix}", "--seconds", "20")
    for name, clients in figures[0]:
        form = name.removeprefix(f"list-{prefix}").strip("-")
        lines = [one[name, clients] for one in figures]
        bench.both(f"list {what}{', ' + form if form else ''}", [line["p50ms"] / 1000 for line in lines], "ms")
        bench.both("    CPU of the server, a list", [line["cpuSecondsPer1000"] / 1000 for line in lines], "ms")


@row("api-list")
def lists(bench):
    bench.fresh()
    bench.load(0, "--only", "fill-5000")
    list_lines(bench, 2, "5000", "5,000 ConfigMaps")


@row("api-pods")
def pods(bench):
    """30,000 pods: what it costs to make, keep and list them."""
    bench.fresh()
    time.sleep(2)
    empty = [server.memory() for server in bench.servers]
    figures = bench.load(0, "--only", "fill-pods-30000")
    show(bench, "create pods of 3 KB, 32 clients", [one["fill-pods-30000", 32] for one in figures])

    def memory(what):
        time.sleep(2)
        full = [server.memory() for server in bench.servers]
        bench.both(f"memory (PSS) with 30,000 pods, {what}", [bytes / (1 << 20) for bytes in full], "MiB")
        bench.both("    for each pod", [(after - before) / 30_000 / 1024 for before, after in zip(empty, full)], "KiB")

    memory("made just now")
    list_lines(bench, 1, "pods-30000", "30,000 pods")
    memory("after they were listed")
    bench.in_turn("start to first answer with 30,000 pods", 2, lambda server: (server.stop(), server.start(120))[1])
    memory("after a start")


@row("api-watch")
def watches(bench):
    bench.fresh()
    for watchers in (100, 1_000):
        turns = 2 if watchers == 100 else 1
        figures = bench.load(turns, "--only", f"watch-{watchers}", "--count", "1000")
        lines = [one[f"watch-{watchers}", watchers] for one in figures]
        what = f"{watchers:,} watchers, 1,000 updates"
        bench.both(f"{what}: 99th percentile", [line["p99ms"] / 1000 for line in lines], "ms")
        bench.both("    median", [line["p50ms"] / 1000 for line in lines], "ms")
        bench.both("    CPU of the server, all of it", [line["cpuSecondsPer1000"] for line in lines], "s")


@row("api-cold")
def cold(bench):
    bench.fresh()
    bench.load(0, "--only", "fill-100000", "--count", "100000")
    bench.in_turn("start to first answer with 100,000 ConfigMaps", 3, lambda server: (server.stop(), server.start(120))[1],
                  unit="s")
    bench.both("    memory (PSS) then", [server.memory() / (1 << 20) for server in bench.servers], "MiB")
