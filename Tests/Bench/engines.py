"""Container engines under test, each with a registry's mirror of the same images and the same original client."""

import json, os, shutil, socket, subprocess, sys, time

from measure import Bench, Program, seconds, sh

DOCKER = shutil.which("docker")


class Daemon(Program):
    def __init__(self, bench, name, command, path=None):
        root = f"{bench.root}/{name}"
        self.socket = f"{root}/d.sock"
        environment = dict(os.environ, PATH=path + ":" + os.environ["PATH"]) if path else None
        super().__init__(
            name, root, [part.format(root=root, socket=self.socket) for part in command], environment)
        self.client_environment = dict(os.environ, DOCKER_HOST=f"unix://{self.socket}", DOCKER_CONFIG=root)

    def answers(self):
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(self.socket)
                s.sendall(b"GET /_ping HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n")
                return b" 200 " in s.recv(4096)
        except OSError:
            return False

    def docker(self, *arguments):
        return sh(DOCKER, *arguments, env=self.client_environment)

    def time(self, *arguments):
        return seconds(DOCKER, *arguments, env=self.client_environment)

    def clear(self):
        ids = self.docker("ps", "-aq").split()
        if ids:
            self.docker("rm", "-f", "-v", *ids)

    def monitors(self):
        """The processes that watch over one container each: they hold a file below the daemon's folder, or name it."""
        found = []
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                with open(f"/proc/{entry}/comm") as file:
                    comm = file.read().strip()
                if not comm.startswith(("hako-monitor", "hako-runtime", "containerd-shim")):
                    continue
                with open(f"/proc/{entry}/cmdline") as file:
                    places = [file.read()]
                places += [os.readlink(f"/proc/{entry}/fd/{fd}") for fd in os.listdir(f"/proc/{entry}/fd")]
            except OSError:
                continue
            if any(self.root in place for place in places):
                found.append(int(entry))
        return found


class Engines(Bench):
    def __init__(self, options):
        super().__init__(options)
        self.daemons = []

    def prepare(self):
        registry = "127.0.0.1:5000"
        with open(f"{self.root}/registry.yml", "w") as file:
            json.dump({"version": 0.1, "log": {"level": "error", "accesslog": {"disabled": True}},
                       "storage": {"filesystem": {"rootdirectory": f"{self.root}/registry"}}, "http": {"addr": registry}}, file)
        self.helpers.append(subprocess.Popen(["docker-registry", "serve", f"{self.root}/registry.yml"],
                                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        for _ in range(200):
            if subprocess.run(["curl", "-sf", f"http://{registry}/v2/"], stdout=subprocess.DEVNULL).returncode == 0:
                break
            time.sleep(0.05)
        for image in ("busybox", "ubuntu", "nginx"):
            sh("skopeo", "copy", "-q", "--dest-tls-verify=false", f"oci:{self.options.images}/{image}:latest",
               f"docker://{registry}/library/{image}:latest")
        self.registry = registry
        mirror = f"http://{registry}"
        self.hako = Daemon(self, "hako", [
            self.options.hako, "daemon", "--data-root", "{root}/data", "--exec-root", "{root}/run", "-H", "unix://{socket}",
            "--bip", "172.28.0.1/16", "--registry-mirror", mirror])
        self.daemons.append(self.hako)
        self.peer = None
        dockerd = f"{self.options.peers}/usr/sbin/dockerd"
        if os.path.exists(dockerd):
            self.peer = Daemon(self, "dockerd", [
                dockerd, "--data-root", "{root}/data", "--exec-root", "{root}/run", "-H", "unix://{socket}", "--bip",
                "172.29.0.1/16", "--registry-mirror", mirror, "--pidfile", "{root}/pid"],
                path=f"{self.options.peers}/usr/bin:{self.options.peers}/usr/sbin")
            self.daemons.append(self.peer)

    def __exit__(self, *_):
        self.clear()
        for daemon in self.daemons:
            daemon.stop()
        super().__exit__()

    def clear(self):
        for daemon in self.daemons:
            try:
                if daemon.process and daemon.process.poll() is None:
                    daemon.clear()
            except RuntimeError as error:
                print(error, file=sys.stderr)

    def both(self, what, count, measure, unit="ms", more_is_better=False):
        ours, peer = self.turns(count, lambda: measure(self.hako), (lambda: measure(self.peer)) if self.peer else None)
        self.report(what, ours, peer, "dockerd", unit, more_is_better)
