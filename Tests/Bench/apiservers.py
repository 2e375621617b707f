"""API servers under test: ours, and an original kube-apiserver with its etcd where their binaries were given."""

import json, os, random, shutil, ssl, statistics, subprocess, sys, urllib.error, urllib.request

from measure import Bench, Program, pss, sh


class Etcd(Program):
    def __init__(self, root, binary):
        self.url = "http://127.0.0.1:2379"
        super().__init__("etcd", f"{root}/etcd", [
            binary, "--data-dir", f"{root}/etcd/data", "--listen-client-urls", self.url, "--advertise-client-urls",
            self.url, "--listen-peer-urls", "http://127.0.0.1:2380", "--log-level", "error",
            "--quota-backend-bytes", str(8 << 30)])

    def answers(self):
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False


class APIServer(Program):
    def __init__(self, name, root, port, command):
        super().__init__(name, root, command)
        self.port, self.kubeconfig = port, f"{root}/kubeconfig"
        # Health is told to anybody; who asks and who answers isn't checked here.
        self.tls = ssl._create_unverified_context()

    def answers(self):
        try:
            with urllib.request.urlopen(f"https://127.0.0.1:{self.port}/readyz", timeout=5, context=self.tls) as answer:
                return answer.status == 200
        except OSError:
            return False

    def processes(self):
        return [self.process.pid]

    def memory(self):
        """Bytes of proportional set size."""
        return sum(pss(pid) for pid in self.processes()) * 1024

    def forget(self):
        """Stops it and removes its state, so that it starts from nothing."""
        self.stop()
        shutil.rmtree(f"{self.root}/data", ignore_errors=True)


class Hako(APIServer):
    def __init__(self, root, binary):
        root = f"{root}/hako"
        super().__init__("hako", root, 7443, [
            binary, "apiserver", "--data-dir", f"{root}/data", "--bind-address", "127.0.0.1", "--secure-port", "7443",
            "--write-kubeconfig", f"{root}/kubeconfig"])

    def start(self, patience=60):
        # Written once a cluster's first objects are there, which is later than the first answer.
        if os.path.exists(self.kubeconfig):
            os.remove(self.kubeconfig)
        return super().start(patience)

    def answers(self):
        return os.path.exists(self.kubeconfig) and super().answers()


class Original(APIServer):
    """kube-apiserver as it is set up by hand: the flags that it insists on, and no more."""

    def __init__(self, root, binary, etcd):
        root = f"{root}/original"
        pki = f"{root}/pki"
        self.etcd = Etcd(root, etcd)
        super().__init__("original", root, 8443, [
            binary, "--etcd-servers", self.etcd.url, "--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1",
            "--secure-port", "8443", "--client-ca-file", f"{pki}/ca.crt", "--tls-cert-file", f"{pki}/server.crt",
            "--tls-private-key-file", f"{pki}/server.key", "--authorization-mode", "Node,RBAC",
            "--service-account-issuer", "https://kubernetes.default.svc.cluster.local",
            "--service-account-key-file", f"{pki}/server.pub",
            "--service-account-signing-key-file", f"{pki}/server.key", "--service-cluster-ip-range", "10.96.0.0/16"])
        self.make_certificates(pki)

    def make_certificates(self, pki):
        os.makedirs(pki)
        with open(f"{pki}/names", "w") as file:
            file.write("subjectAltName=IP:127.0.0.1\n")
        key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
        sh("openssl", "req", "-x509", *key, "-keyout", f"{pki}/ca.key", "-out", f"{pki}/ca.crt", "-subj", "/CN=authority")
        for name, subject in (("server", "/CN=kube-apiserver"), ("admin", "/O=system:masters/CN=admin")):
            sh("openssl", "req", *key, "-keyout", f"{pki}/{name}.key", "-out", f"{pki}/{name}.csr", "-subj", subject)
            sh("openssl", "x509", "-req", "-in", f"{pki}/{name}.csr", "-CA", f"{pki}/ca.crt", "-CAkey", f"{pki}/ca.key",
               "-CAcreateserial", "-out", f"{pki}/{name}.crt", "-extfile", f"{pki}/names")
        sh("openssl", "pkey", "-in", f"{pki}/server.key", "-pubout", "-out", f"{pki}/server.pub")
        with open(self.kubeconfig, "w") as file:
            json.dump({
                "apiVersion": "v1", "kind": "Config", "current-context": "it",
                "contexts": [{"name": "it", "context": {"cluster": "it", "user": "admin"}}],
                "clusters": [{"name": "it", "cluster": {
                    "server": f"https://127.0.0.1:{self.port}", "certificate-authority": f"{pki}/ca.crt"}}],
                "users": [{"name": "admin", "user": {
                    "client-certificate": f"{pki}/admin.crt", "client-key": f"{pki}/admin.key"}}]}, file)

    def start(self, patience=60):
        return self.etcd.start(patience) + super().start(patience)

    def stop(self):
        super().stop()
        self.etcd.stop()

    def processes(self):
        return [self.process.pid, self.etcd.process.pid]

    def forget(self):
        super().forget()
        shutil.rmtree(f"{self.root}/etcd/data", ignore_errors=True)


class APIServers(Bench):
    def prepare(self):
        options = self.options
        self.servers = [Hako(self.root, options.hako)]
        if options.peer_apiserver and options.peer_etcd:
            self.servers.append(Original(self.root, options.peer_apiserver, options.peer_etcd))
        else:
            print("bench: HAKO_PEER_APISERVER and HAKO_PEER_ETCD name no peer: its column stays empty", file=sys.stderr)

    def __exit__(self, *_):
        for server in self.servers:
            server.stop()
        super().__exit__()

    def fresh(self):
        """All servers run and hold what a new cluster holds."""
        for server in self.servers:
            server.forget()
            server.start()

    def kubeload(self, server, *arguments):
        """Its figures by measurement and number of clients."""
        pids = [word for pid in server.processes() for word in ("--pid", str(pid))]
        text = sh(self.options.kubeload, "--kubeconfig", server.kubeconfig, "--json", *pids, *arguments)
        lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        failures = sum(line["failures"] for line in lines)
        if failures:
            raise RuntimeError(f"{server.name} failed {failures} requests: {text[-1000:]}")
        return {(line["name"], line["clients"]): line for line in lines}

    def load(self, turns, *arguments):
        """Medians of what kubeload measures with these arguments: a dictionary for each server. The first turn warms up."""
        taken = {server: [] for server in self.servers}
        for turn in range(turns + 1):
            for server in random.sample(self.servers, len(self.servers)):
                figures = self.kubeload(server, *arguments)
                if turn or not turns:
                    taken[server].append(figures)
        return [
            {key: {name: statistics.median(one[key][name] for one in all if one[key][name] is not None)
                   for name in ("perSecond", "p50ms", "p99ms", "megabytesPerSecond", "cpuSecondsPer1000")}
             for key in all[0]}
            for all in taken.values()]

    def both(self, what, figures, unit, more_is_better=False):
        """A line of the table; `figures` has one for each server."""
        ours, peer = (list(figures) + [None])[:2]
        self.report(what, ours, peer, "original", unit, more_is_better)

    def in_turn(self, what, turns, measure, unit="ms"):
        self.both(what, self.turns(turns, *[lambda server=server: measure(server) for server in self.servers]), unit)
