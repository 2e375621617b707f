"""The rows of clusters: from `hako start` to traffic. What happens in the cluster is timed from outside, by a client of
its API that watches."""

import socket, statistics, time

from measure import rows

ROWS, row = rows()

IMAGE = "registry.k8s.io/echoserver:1.10"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
PODS = "/api/v1/namespaces/default/pods"
SERVICES = "/api/v1/namespaces/default/services"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
MERGE = "application/merge-patch+json"


def median(count, measure):
    """One unmeasured turn warms up."""
    return statistics.median([measure() for _ in range(count + 1)][1:])


def deployment(name, replicas, selector=None):
    spec = {"containers": [{"name": "main", "image": IMAGE}]}
    if selector:
        spec["nodeSelector"] = selector
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {"replicas": replicas, "selector": {"matchLabels": labels},
                 "template": {"metadata": {"labels": labels}, "spec": spec}}}


def is_ready(pod):
    conditions = pod.get("status", {}).get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def until_ready(events, count, ready=()):
    """Reads events until so many pods are ready; gives their names."""
    ready = set(ready)
    for kind, pod in events:
        name = pod["metadata"]["name"]
        if kind != "DELETED" and is_ready(pod):
            ready.add(name)
        if len(ready) == count:
            return ready


def until_gone(events, names):
    names = set(names)
    for kind, pod in events:
        if kind == "DELETED":
            names.discard(pod["metadata"]["name"])
        if not names:
            return


@row("cluster-start")
def start(bench):
    def from_nothing(*arguments):
        bench.clear()
        return bench.time("start", *arguments)

    def again():
        bench.hako("stop")
        return bench.time("start")

    done = median(5, from_nothing)
    bench.against('hako start, nothing there, to "Done!"', done, "start", "ms")
    bench.against("    beside binaries by hand, to node Ready", done, "api", "ms")
    bench.against("hako start of a stopped cluster", median(5, again), None, "ms")
    bench.against("hako start --nodes 3, nothing there", median(3, lambda: from_nothing("--nodes", "3")), None, "ms")
    bench.against("hako delete, three nodes", median(2, lambda: (bench.fresh("--nodes", "3"), bench.time("delete"))[1]),
                  None, "ms")


@row("cluster-pods")
def pods(bench):
    bench.fresh()
    api = bench.api()

    def one():
        events = api.watch(PODS)
        begin = time.perf_counter()
        api.call("POST", DEPLOYMENTS, deployment("one", 1))
        names = until_ready(events, 1)
        spent = time.perf_counter() - begin
        api.call("DELETE", f"{DEPLOYMENTS}/one", {"propagationPolicy": "Background"})
        until_gone(events, names)
        return spent

    bench.against("deployment created to pod Running and Ready", median(8, one), "one-pod", "ms")
    scaling, deleting = [], []
    for turn in range(3):
        events = api.watch(PODS)
        api.call("POST", DEPLOYMENTS, deployment("many", 1))
        names = until_ready(events, 1)
        begin = time.perf_counter()
        api.call("PATCH", f"{DEPLOYMENTS}/many", {"spec": {"replicas": 50}}, MERGE)
        names = until_ready(events, 50, names)
        scaling.append((time.perf_counter() - begin) / 49)
        begin = time.perf_counter()
        api.call("DELETE", f"{DEPLOYMENTS}/many", {"propagationPolicy": "Background"})
        until_gone(events, names)
        deleting.append(time.perf_counter() - begin)
    bench.against("1 to 50 pods, a pod", statistics.median(scaling), "pod-of-50", "ms")
    bench.against("deployment of 50 deleted, to the last pod gone", statistics.median(deleting), "delete-50", "ms")


def slice_of(service, addresses):
    return {
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": {"name": service, "labels": {"kubernetes.io/service-name": service}},
        "ports": [{"name": "", "port": 8080, "protocol": "TCP"}],
        "endpoints": [{"addresses": [address], "conditions": {"ready": True}} for address in addresses]}


def service(name, kind="ClusterIP"):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
            "spec": {"type": kind, "ports": [{"port": 8080, "protocol": "TCP"}]}}


def who_answers(address, port):
    """The pod that a new connection reaches; None: nobody answers."""
    try:
        with socket.create_connection((address, port), timeout=1) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            text = b""
            while part := connection.recv(65_536):
                text += part
    except OSError:
        return None
    return text.split(b"Hostname: ")[-1].split(b"\n")[0].decode() if b"Hostname: " in text else None


@row("cluster-endpoints")
def endpoints(bench):
    bench.fresh()
    api = bench.api()
    events = api.watch(PODS)
    api.call("POST", DEPLOYMENTS, deployment("echo", 2))
    names = sorted(until_ready(events, 2))
    addresses = {name: api.call("GET", f"{PODS}/{name}")["status"]["podIP"] for name in names}
    made = api.call("POST", SERVICES, service("echo", "NodePort"))
    port = made["spec"]["ports"][0]["nodePort"]
    api.call("POST", SLICES, slice_of("echo", [addresses[names[0]]]))
    node = api.host
    for _ in range(1_000):
        if who_answers(node, port) == names[0]:
            break
        time.sleep(0.01)

    def change(target):
        begin = time.perf_counter()
        api.call("PATCH", f"{SLICES}/echo", {"endpoints": slice_of("echo", [addresses[target]])["endpoints"]}, MERGE)
        while who_answers(node, port) != target:
            if time.perf_counter() - begin > 10:
                raise RuntimeError("the new endpoint gets no traffic")
        return time.perf_counter() - begin

    def many(pause):
        spent = []
        for turn in range(40):
            spent.append(change(names[(turn + 1) % 2]))
            time.sleep(pause)
        return spent

    for others, peer in ((0, "endpoint-0"), (500, "endpoint-500")):
        for number in range(others):
            api.call("POST", SERVICES, service(f"other-{number}"))
            api.call("POST", SLICES, slice_of(f"other-{number}", ["10.244.0.250"]))
        time.sleep(2)
        apart, together = many(0.2), many(0)
        what = f"endpoint changed to traffic, {others} other services"
        bench.against(what, statistics.median(apart), peer, "ms")
        bench.against("    changes one after the other at once", statistics.median(together), None, "ms")
        bench.against("    the slowest of all", max(apart + together), None, "ms")


@row("cluster-rate")
def rate(bench):
    """Through everything: the deployment's controllers, API server and store, scheduler, simulated kubelets."""
    bench.fresh("--simulated-nodes", "200")
    api = bench.api()
    for _ in range(600):
        if sum(map(is_ready, api.call("GET", "/api/v1/nodes")["items"])) == 201:
            break
        time.sleep(0.1)
    time.sleep(3)

    def thousands():
        # The deployment's own status tells how far its pods are; they would be 27 MB of events.
        events = api.watch(f"{DEPLOYMENTS}?fieldSelector=metadata.name%3Dmany")
        begin = time.perf_counter()
        api.call("POST", DEPLOYMENTS, deployment("many", 3_000, {"hakobune.dev/simulated": "true"}))
        for _, seen in events:
            if seen.get("status", {}).get("readyReplicas", 0) == 3_000:
                break
        spent = time.perf_counter() - begin
        begin = time.perf_counter()
        api.call("DELETE", f"{DEPLOYMENTS}/many", {"propagationPolicy": "Background"})
        while api.call("GET", f"{PODS}?limit=1")["items"]:
            time.sleep(0.1)
        return spent, time.perf_counter() - begin

    taken = [thousands() for _ in range(3)]
    spent = statistics.median(one[0] for one in taken)
    bench.against("3,000 pods on 200 simulated nodes, created to Running", 3_000 / spent, "rate", "pods/s", True)
    bench.against("    deleted again", 3_000 / statistics.median(one[1] for one in taken), None, "pods/s", True)
    bench.against("memory (PSS) then", bench.memory(), None, "MiB")


@row("cluster-rest")
def rest(bench):
    bench.fresh("--nodes", "3")
    time.sleep(10)
    bench.against("memory (PSS) of a fresh cluster of 3 nodes", bench.memory(), None, "MiB")
    bench.against("its CPU at rest, % of a core", bench.processor(20), None, "%")
    bench.fresh()
    time.sleep(10)
    bench.against("memory (PSS) of a fresh cluster of 1 node", bench.memory(), "memory", "MiB")
    bench.against("its CPU at rest, % of a core", bench.processor(20), "cpu", "%")
    api = bench.api()
    events = api.watch(PODS)
    api.call("POST", DEPLOYMENTS, deployment("idle", 50))
    until_ready(events, 50)
    time.sleep(3)
    bench.against("its CPU with 50 idle pods just started, % of a core", bench.processor(30), "cpu-50", "%")
    bench.against("    a minute later", (time.sleep(30), bench.processor(20))[1], None, "%")
    bench.against("its memory (PSS) with 50 idle pods", bench.memory(), "memory-50", "MiB")
