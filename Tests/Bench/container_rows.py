"""The rows of container engines."""

import ctypes, json, os, shutil, statistics, subprocess, sys, time

from engines import DOCKER
from measure import children, cpu_ticks, pss, rows, seconds, sh

ROWS, row = rows()


def without_unified(function):
    """crun and Podman take an empty v2 hierarchy beside v1 controllers for all there is: they, and what is compared with
    them, run where it isn't mounted. The engines stay outside."""

    def run(bench):
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            status = 1
            try:
                if ctypes.CDLL(None, use_errno=True).unshare(0x00020000) != 0:
                    raise OSError(ctypes.get_errno(), "unshare")
                sh("umount", "/sys/fs/cgroup/unified", check=False)
                function(bench)
                status = 0
            except (RuntimeError, subprocess.CalledProcessError, OSError) as error:
                print(error, file=sys.stderr)
            finally:
                sys.stdout.flush()
                os._exit(status)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
            raise RuntimeError("see above")

    return run


@row("start")
def daemon_start(bench):
    def again(daemon):
        daemon.stop()
        return daemon.start()

    bench.both("daemon start to first answer", 3, again)
    for daemon in bench.daemons:
        daemon.docker("pull", "-q", "busybox")
        daemon.docker("pull", "-q", "nginx")


@row("client")
def client(bench):
    bench.both("docker version", 10, lambda d: d.time("version"))


@row("run")
def run(bench):
    bench.both("docker run --rm busybox true", 12, lambda d: d.time("run", "--rm", "busybox", "true"))
    bench.both("docker run --rm --network none busybox true", 12,
               lambda d: d.time("run", "--rm", "--network", "none", "busybox", "true"))

    def detached(daemon):
        spent = daemon.time("run", "-d", "--name", "dd", "busybox", "sleep", "1000")
        daemon.docker("rm", "-f", "dd")
        return spent

    bench.both("docker run -d busybox sleep", 10, detached)


@row("exec")
def execute(bench):
    for daemon in bench.daemons:
        daemon.docker("run", "-d", "--name", "ee", "busybox", "sleep", "1000")
    bench.both("docker exec c true", 12, lambda d: d.time("exec", "ee", "true"))
    for daemon in bench.daemons:
        daemon.clear()


@row("stop")
def stop(bench):
    def stopping(daemon):
        daemon.docker("run", "-d", "--name", "ss", "busybox", "sleep", "1000")
        spent = daemon.time("stop", "-t", "0", "ss")
        daemon.docker("rm", "ss")
        return spent

    def removing(daemon):
        daemon.docker("run", "-d", "--name", "ss", "busybox", "sleep", "1000")
        return daemon.time("rm", "-f", "ss")

    bench.both("docker stop -t 0", 8, stopping)
    bench.both("docker rm -f", 8, removing)


@row("fifty")
def fifty(bench):
    from concurrent.futures import ThreadPoolExecutor

    def start_all(daemon, width):
        begin = time.perf_counter()
        with ThreadPoolExecutor(width) as pool:
            list(pool.map(lambda _: daemon.docker("run", "-d", "busybox", "sleep", "1000"), range(50)))
        return time.perf_counter() - begin

    for width, what in ((1, "50 x run -d, one after the other"), (4, "50 x run -d, 4 at once")):
        figures = {}
        for daemon in bench.daemons:
            for other in bench.daemons:
                other.clear()
            figures[daemon.name] = start_all(daemon, width)
            if width == 4:
                figures[daemon.name, "ps"] = statistics.median(daemon.time("ps") for _ in range(8))
                time.sleep(3)
                pids = [pid for pid in children(daemon.process.pid)]
                monitors = daemon.monitors()
                before = sum(cpu_ticks(pid) for pid in pids)
                time.sleep(10)
                after = sum(cpu_ticks(pid) for pid in pids)
                figures[daemon.name, "cpu"] = (after - before) / os.sysconf("SC_CLK_TCK") / 10 * 100
                figures[daemon.name, "monitor"] = sum(pss(pid) for pid in monitors) / max(1, len(monitors))
        ours, peer = figures["hako"], figures.get("dockerd")
        bench.report(what, ours, peer, "dockerd", "s")
        if width == 4:
            for key, what, unit in (("ps", "docker ps with 50 containers", "ms"),
                                    ("cpu", "CPU at rest with 50 idle containers, % of a core", "%"),
                                    ("monitor", "memory (PSS) of one idle container's monitor", "KiB")):
                bench.report(what, figures["hako", key], figures.get(("dockerd", key)), "dockerd", unit)
    for daemon in bench.daemons:
        daemon.clear()


@row("memory")
def memory(bench):
    figures = {}
    for daemon in bench.daemons:
        daemon.clear()
        daemon.stop()
        daemon.start()
        daemon.docker("version")
        time.sleep(3)
        figures[daemon.name] = sum(pss(pid) for pid in children(daemon.process.pid))
    bench.report("daemon's memory (PSS), idle", figures["hako"] / 1024, figures.get("dockerd", 0) / 1024 or None, "dockerd", "MiB")


@row("pull")
def pull(bench):
    """A 280 MB layer: half of it doesn't compress, half does, in files of 64 KiB and up."""
    folder = f"{bench.root}/big"
    os.makedirs(f"{folder}/tree", exist_ok=True)
    import random

    chooser = random.Random(7)
    words = [os.urandom(chooser.randint(3, 12)) for _ in range(4000)]
    for number in range(1500):
        with open(f"{folder}/tree/f{number}", "wb") as file:
            if number % 5 == 0:
                file.write(os.urandom(chooser.randint(64 << 10, 1600 << 10)))
            else:
                file.write(b" ".join(chooser.choices(words, k=40000))[: chooser.randint(64 << 10, 1 << 20)])
    sh("tar", "-C", f"{folder}/tree", "-cf", f"{folder}/layer.tar", ".")
    layout = f"{folder}/layout"
    shutil.copytree(f"{bench.options.images}/busybox", layout)
    import gzip, hashlib

    tar = open(f"{folder}/layer.tar", "rb").read()
    packed = gzip.compress(tar, 6, mtime=0)
    shutil.rmtree(f"{folder}/tree")

    def blob(data):
        digest = hashlib.sha256(data).hexdigest()
        with open(f"{layout}/blobs/sha256/{digest}", "wb") as file:
            file.write(data)
        return {"digest": f"sha256:{digest}", "size": len(data)}

    config = blob(json.dumps({"architecture": "amd64", "os": "linux", "config": {},
                              "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(tar).hexdigest()]}}).encode())
    manifest = blob(json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                                "config": dict(config, mediaType="application/vnd.oci.image.config.v1+json"),
                                "layers": [dict(blob(packed), mediaType="application/vnd.oci.image.layer.v1.tar+gzip")]}).encode())
    index = json.load(open(f"{layout}/index.json"))
    index["manifests"][0].update(manifest)
    json.dump(index, open(f"{layout}/index.json", "w"))
    sh("skopeo", "copy", "-q", "--dest-tls-verify=false", f"oci:{layout}:latest", f"docker://{bench.registry}/library/big:latest")
    megabytes = len(packed) / 1e6

    def pulling(daemon):
        daemon.docker("rmi", "big") if daemon.docker("images", "-q", "big") else None
        return daemon.time("pull", "-q", "big")

    bench.both(f"pull {megabytes:.0f} MB gzip -> {len(tar) / 1e6:.0f} MB, local registry", 3, pulling, unit="s")


@row("push")
def push(bench):
    """Five layers of 100 MB, half of which doesn't compress, straight after they were built: packed and sent to a
    registry of its own, which has never seen them."""
    folder = f"{bench.root}/push"
    os.makedirs(f"{folder}/context")
    with open(f"{folder}/context/Dockerfile", "w") as file:
        file.write("FROM scratch\n" + "".join(f"COPY part{n} /\n" for n in range(5)))
    words = b" ".join(os.urandom(6).hex().encode() for _ in range(4000))
    for number in range(5):
        with open(f"{folder}/context/part{number}", "wb") as file:
            for _ in range(50):
                file.write(os.urandom(1 << 20))
                file.write((words * 25)[: 1 << 20])
    address = "127.0.0.1:5001"
    with open(f"{folder}/registry.yml", "w") as file:
        json.dump({"version": 0.1, "log": {"level": "error", "accesslog": {"disabled": True}},
                   "storage": {"filesystem": {"rootdirectory": f"{folder}/registry"}}, "http": {"addr": address}}, file)
    registry = subprocess.Popen(
        ["docker-registry", "serve", f"{folder}/registry.yml"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    bench.helpers.append(registry)
    while subprocess.run(["curl", "-sf", f"http://{address}/v2/"], stdout=subprocess.DEVNULL).returncode != 0:
        if registry.poll() is not None:
            raise RuntimeError("the registry for pushes ended")
        time.sleep(0.05)

    def pushing(daemon):
        for number in range(5):  # never seen before, so that nothing is there already
            with open(f"{folder}/context/part{number}", "r+b") as file:
                file.write(os.urandom(1 << 16))
        name = f"{address}/pushed"
        daemon.docker("build", "-q", "-t", name, f"{folder}/context")
        spent = daemon.time("push", "-q", name)
        daemon.docker("rmi", "-f", name)
        daemon.docker("builder", "prune", "-af")
        shutil.rmtree(f"{folder}/registry/docker", ignore_errors=True)
        return spent

    bench.both("push 500 MB in five layers, just built, local registry", 3, pushing, unit="s")
    shutil.rmtree(folder)


@row("logs")
def logs(bench):
    line = "x" * 99
    megabytes = 100

    def writing(daemon):
        daemon.docker("rm", "-f", "ll") if daemon.docker("ps", "-aq", "--filter", "name=^ll$") else None
        begin = time.perf_counter()
        daemon.docker("run", "-d", "--name", "ll", "--network", "none", "busybox", "sh", "-c",
                      f"yes {line} | head -c {megabytes}000000")
        daemon.docker("wait", "ll")
        return megabytes / (time.perf_counter() - begin)

    def reading(daemon):
        begin = time.perf_counter()
        subprocess.run([DOCKER, "logs", "ll"], env=daemon.client_environment, stdout=subprocess.DEVNULL, check=True)
        return megabytes / (time.perf_counter() - begin)

    bench.both("container writes 100 MB of log lines", 2, writing, unit="MB/s", more_is_better=True)
    bench.both("docker logs reads them", 3, reading, unit="MB/s", more_is_better=True)
    for daemon in bench.daemons:
        daemon.clear()


@row("http")
def http(bench):
    """Requests per second through a published port, beside the host's own nginx asked directly."""
    # The same configuration and page for all: what differs is the way there.
    folder = f"{bench.root}/http"
    os.makedirs(f"{folder}/page")
    with open(f"{folder}/page/index.html", "w") as file:
        file.write("x" * 600)

    def configure(name, listen, page):
        with open(f"{folder}/{name}", "w") as file:
            file.write(f"pid /tmp/{name}.pid; error_log /dev/null; events {{}} http {{ access_log off; "
                       f"server {{ listen {listen}; root {page}; }} }}")
        return f"{folder}/{name}"

    inside = configure("inside.conf", "80", "/page")
    for index, daemon in enumerate(bench.daemons):
        daemon.docker("run", "-d", "--name", "hh", "-p", f"{18080 + index}:80", "-v", f"{inside}:/etc/nginx/nginx.conf:ro",
                      "-v", f"{folder}/page:/page:ro", "nginx")
    conf = configure("direct.conf", "127.0.0.1:18070", f"{folder}/page")
    for path in (bench.root, folder):
        os.chmod(path, 0o755)
    bench.helpers.append(subprocess.Popen(["nginx", "-c", conf, "-g", "daemon off;"],
                                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    time.sleep(1)

    def rate(url):
        out = sh("wrk", "-t1", "-c16", "-d1s", url)
        return float(next(line.split()[1] for line in out.splitlines() if line.startswith("Requests/sec")))

    for what, address in (("NAT, from the host to the bridge's address", None), ("loopback", "127.0.0.1")):
        urls = [f"http://{address or ip}:{18080 + index}/" for index, ip in
                ((0, "172.28.0.1"), (1, "172.29.0.1"))][: len(bench.daemons)]
        # Many short turns: where the scheduler places client and server moves one turn by a third.
        figures = bench.turns(24, *[(lambda url=url: rate(url)) for url in urls], lambda: rate("http://127.0.0.1:18070/"))
        direct = figures[-1]
        bench.report(f"HTTP through a published port, {what}", 100 * figures[0] / direct,
                     100 * figures[1] / direct if len(urls) > 1 else None, "dockerd", "%dir.", True)
    for daemon in bench.daemons:
        daemon.clear()


@row("build")
def build(bench):
    """Five steps, from nothing and unchanged; eight stages that don't need each other; a context of 100 MB. The peer is
    Debian's dockerd with its classic builder."""
    folder = f"{bench.root}/build"
    for name in ("steps", "stages", "large"):
        os.makedirs(f"{folder}/{name}")
    with open(f"{folder}/steps/file", "w") as file:
        file.write("content")
    with open(f"{folder}/steps/Dockerfile", "w") as file:
        file.write("FROM busybox\nWORKDIR /app\nCOPY file .\nRUN echo a > a\nRUN echo b > b\nCMD [\"true\"]\n")
    with open(f"{folder}/stages/Dockerfile", "w") as file:
        for number in range(8):
            file.write(f"FROM busybox AS s{number}\nRUN sleep 0.5; echo {number} > /out\n")
        file.write("FROM busybox\n" + "".join(f"COPY --from=s{n} /out /out{n}\n" for n in range(8)))
    with open(f"{folder}/large/blob", "wb") as file:
        for _ in range(100):
            file.write(os.urandom(1 << 20))
    with open(f"{folder}/large/Dockerfile", "w") as file:
        file.write("FROM busybox\nRUN true\n")
    with open(f"{folder}/copied", "w") as file:
        file.write("FROM scratch\nCOPY blob /\n")
    for daemon in bench.daemons:
        daemon.docker("pull", "-q", "busybox")
    bench.both("build, 5 steps, nothing cached", 5, lambda d: d.time("build", "-q", "--no-cache", f"{folder}/steps"))
    for daemon in bench.daemons:
        daemon.docker("build", "-q", f"{folder}/steps")
    bench.both("build, 5 steps, all cached", 10, lambda d: d.time("build", "-q", f"{folder}/steps"))
    bench.both("build, 8 stages of half a second", 3, lambda d: d.time("build", "-q", "--no-cache", f"{folder}/stages"))
    bench.both("build, a context of 100 MB, all cached", 3, lambda d: d.time("build", "-q", f"{folder}/large"))

    # By BuildKit's protocol; our own client asks both.
    def own(daemon, *arguments):
        return seconds(bench.options.hako, "docker", "build", "-q", *arguments, env=daemon.client_environment)

    bench.both("hako docker build, 5 steps, nothing cached", 5, lambda d: own(d, "--no-cache", f"{folder}/steps"))
    bench.both("hako docker build, 5 steps, all cached", 10, lambda d: own(d, f"{folder}/steps"))
    bench.both("hako docker build, a context of 100 MB", 3, lambda d: own(d, "--no-cache", "-f", f"{folder}/copied", f"{folder}/large"))


@row("bundle")
@without_unified
def bundle(bench):
    """The OCI command lines beside each other."""
    folder = f"{bench.root}/bundle"
    os.makedirs(f"{folder}/rootfs/bin")
    shutil.copy(shutil.which("busybox"), f"{folder}/rootfs/bin/true")
    sh("runc", "spec", "-b", folder)
    spec = json.load(open(f"{folder}/config.json"))
    spec["process"].update(args=["/bin/true"], terminal=False)
    json.dump(spec, open(f"{folder}/config.json", "w"))
    tools = {"hako": [bench.options.hako, "runtime"], "runc": ["runc"], "crun": ["crun"]}
    numbers = iter(range(10**6))

    def run_once(tool):
        return seconds(*tools[tool], "--root", f"{bench.root}/oci-{tool}", "run", "-b", folder, f"{tool}{next(numbers)}")

    ours, runc, crun = bench.turns(15, *[lambda t=t: run_once(t) for t in ("hako", "runc", "crun")])
    bench.report("bundle: run true", ours, runc, "runc", "ms")
    bench.report("bundle: run true", ours, crun, "crun", "ms")
    spec["process"]["args"] = ["/bin/sleep", "1000"]
    shutil.copy(shutil.which("busybox"), f"{folder}/rootfs/bin/sleep")
    json.dump(spec, open(f"{folder}/config.json", "w"))
    for tool, command in tools.items():
        subprocess.run(
            [*command, "--root", f"{bench.root}/oci-{tool}", "run", "-d", "-b", folder, f"held-{tool}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)

    def exec_once(tool):
        return seconds(*tools[tool], "--root", f"{bench.root}/oci-{tool}", "exec", f"held-{tool}", "/bin/true")

    ours, runc, crun = bench.turns(15, *[lambda t=t: exec_once(t) for t in ("hako", "runc", "crun")])
    bench.report("bundle: exec true", ours, runc, "runc", "ms")
    bench.report("bundle: exec true", ours, crun, "crun", "ms")
    for tool, command in tools.items():
        sh(*command, "--root", f"{bench.root}/oci-{tool}", "delete", "-f", f"held-{tool}", check=False)


@row("podman")
@without_unified
def podman(bench):
    """Podman has no daemon: its own command line against ours with the same image."""
    store = ["podman", "--root", f"{bench.root}/podman/root", "--runroot", f"{bench.root}/podman/run", "--runtime", "runc",
             "--cgroup-manager", "cgroupfs", "--storage-driver", "overlay"]
    sh(*store, "pull", "-q", "--tls-verify=false", f"{bench.registry}/library/busybox:latest")
    image = f"{bench.registry}/library/busybox:latest"
    environment = dict(bench.hako.client_environment)
    ours, peer = bench.turns(
        8, lambda: seconds(bench.options.hako, "docker", "run", "--rm", "--network", "none", "busybox", "true", env=environment),
        lambda: seconds(*store, "run", "--rm", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024", "--network", "none", image, "true"))
    bench.report("hako docker run --rm --network none / podman run", ours, peer, "podman", "ms")
