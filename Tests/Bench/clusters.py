"""Clusters under test: ours alone. Peers' clusters can't be brought up where this runs, so their figures are constants."""

import base64, http.client, json, os, ssl, time

from engines import Daemon
from measure import Bench, cpu_ticks, pss, sh

# Of docs' development machine, seconds unless the row says otherwise. Not measured in this run.
PEER_DAY = "2026-11-22"
PEER = {
    "start": 20.0,  # the fastest of k3d, kind and minikube by their own benchmark (20 to 51 s)
    "api": 2.95,  # Kubernetes 1.36.2 from binaries, by hand: API ready and node Ready
    "one-pod": 0.68, "pod-of-50": 0.181, "delete-50": 1.84,
    "endpoint-0": 0.012, "endpoint-500": 0.056,
    "rate": 375,  # pods/s, its clients' limit raised; 52/s as shipped
    "memory": 689, "memory-50": 1182,  # MiB
    "cpu": 4.3, "cpu-50": 41.0,  # % of a core
}


class API:
    """A client of the cluster's API: one connection kept open, watches on their own."""

    def __init__(self, config, folder):
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self.host, self.port = cluster["server"].removeprefix("https://").split(":")
        self.tls = ssl.create_default_context(cadata=decoded(cluster["certificate-authority-data"]).decode())
        files = []
        for name in ("client-certificate-data", "client-key-data"):
            files.append(f"{folder}/{name}.pem")
            with open(files[-1], "wb") as file:
                file.write(decoded(user[name]))
        self.tls.load_cert_chain(*files)
        self.connection = self.connect()

    def connect(self):
        return http.client.HTTPSConnection(self.host, int(self.port), context=self.tls, timeout=120)

    def call(self, method, path, body=None, kind="application/json"):
        self.connection.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": kind})
        answer = self.connection.getresponse()
        tree = json.loads(answer.read())
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {tree.get('message')}")
        return tree

    def watch(self, path):
        """Events from now on, as pairs of a word and an object."""
        connection = self.connect()
        mark = "&" if "?" in path else "?"
        revision = self.call("GET", f"{path}{mark}limit=1")["metadata"]["resourceVersion"]
        connection.request("GET", f"{path}{mark}watch=1&resourceVersion={revision}")
        answer = connection.getresponse()

        def events():
            try:
                while line := answer.readline():
                    event = json.loads(line)
                    yield event["type"], event["object"]
            finally:
                connection.close()

        return events()


def decoded(text):
    return base64.b64decode(text)


class Clusters(Bench):
    def prepare(self):
        self.daemon = Daemon(self, "hako", [
            self.options.hako, "daemon", "--data-root", "{root}/data", "--exec-root", "{root}/run", "-H",
            "unix://{socket}", "--bip", "172.28.0.1/16"])
        self.daemon.start()
        self.environment = dict(
            self.daemon.client_environment, HAKO_HOME=f"{self.root}/home", KUBECONFIG=f"{self.root}/kubeconfig",
            MINIKUBE_IN_STYLE="false")
        print(f"clusters: peers' figures are constants of {PEER_DAY}, not measured in this run", flush=True)

    def hako(self, *arguments):
        return sh(self.options.hako, *arguments, env=self.environment)

    def time(self, *arguments):
        begin = time.perf_counter()
        self.hako(*arguments)
        return time.perf_counter() - begin

    def clear(self):
        """No cluster is there."""
        if self.daemon.process and self.daemon.process.poll() is None:
            self.hako("delete", "--all")

    def fresh(self, *arguments):
        self.clear()
        self.hako("start", *arguments)

    def api(self):
        return API(json.loads(self.hako("kubectl", "config", "view", "--raw", "-o", "json")), self.root)

    def __exit__(self, *_):
        try:
            self.clear()
        except RuntimeError as error:
            print(error)
        self.daemon.stop()
        super().__exit__()

    def against(self, what, ours, peer, unit, more_is_better=False):
        self.report(what, ours, PEER[peer] if peer else None, PEER_DAY if peer else "", unit, more_is_better)

    def processes(self):
        """Hakobune's own processes: the engine, the nodes, the monitors; not what runs in pods."""
        ids = sh(self.options.hako, "docker", "ps", "-q", "--no-trunc", env=self.environment).split()
        found = {self.daemon.process.pid, *self.daemon.monitors()}
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{entry}/cgroup") as file:
                    group = file.read()
                program = os.readlink(f"/proc/{entry}/exe").split("/")[-1]
            except OSError:
                continue
            if any(id in group for id in ids) and program.startswith(("hako", "memfd:hako")):
                found.add(int(entry))
        return found

    def memory(self):
        """MiB of proportional set size."""
        return sum(pss(pid) for pid in self.processes()) / 1024

    def processor(self, seconds):
        """% of a core that Hakobune's own processes use."""
        pids = self.processes()
        before = {pid: cpu_ticks(pid) for pid in pids}
        time.sleep(seconds)
        after = sum(cpu_ticks(pid) - before[pid] for pid in pids if os.path.exists(f"/proc/{pid}"))
        return after / os.sysconf("SC_CLK_TCK") / seconds * 100
