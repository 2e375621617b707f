"""Ordinary use of the engine through docker-py. Prints what failed and exits 1; DOCKER_HOST names the engine."""

import io, sys, tarfile, time
import docker

client = docker.from_env()
failures = []


def check(what, holds):
    if not holds:
        failures.append(what)
        print("FAILED:", what)


check("ping", client.ping())
check("version", client.version()["ApiVersion"] == "1.51")
image = client.images.pull("busybox", tag="latest")
check("tags of the pulled image", "busybox:latest" in image.tags)
check("output of run", client.containers.run("busybox", "echo hi", remove=True) == b"hi\n")
try:
    client.containers.run("busybox", "sh -c 'echo bad >&2; exit 3'", remove=True)
    check("a failing run raises", False)
except docker.errors.ContainerError as error:
    check("exit status and stderr of a failing run", error.exit_status == 3 and b"bad" in error.stderr)
try:
    client.containers.get("nobody")
    check("an unknown container raises", False)
except docker.errors.NotFound as error:
    check("words for an unknown container", "No such container: nobody" in str(error))

box = client.containers.run(
    "busybox", "sh -c 'while read l; do echo got $l; done'", detach=True, stdin_open=True, name="py-box",
    environment={"A": "1"}, labels={"py": "yes"}, volumes={"pyvol": {"bind": "/v", "mode": "rw"}},
    ports={"80/tcp": None}, mem_limit="64m")
try:
    box.reload()
    check("attributes", box.status == "running" and box.attrs["HostConfig"]["Memory"] == 64 << 20)
    check("a port was published", int(box.ports["80/tcp"][0]["HostPort"]) > 0)
    check("filters", [c.name for c in client.containers.list(filters={"label": "py=yes"})] == ["py-box"])
    socket = box.attach_socket(params={"stdin": 1, "stream": 1})
    socket._sock.sendall(b"one\n")
    for _ in range(100):
        if b"got one" in box.logs():
            break
        time.sleep(0.05)
    check("attached input came out in the logs", b"got one\n" in box.logs())
    socket.close()
    result = box.exec_run("sh -c 'echo out; echo err >&2; exit 4'", demux=True)
    check("exec", result.exit_code == 4 and result.output == (b"out\n", b"err\n"))
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        entry = tarfile.TarInfo("put.txt")
        entry.size = 3
        archive.addfile(entry, io.BytesIO(b"abc"))
    check("put_archive", box.put_archive("/tmp", tar.getvalue()))
    stream, stat = box.get_archive("/tmp/put.txt")
    back = tarfile.open(fileobj=io.BytesIO(b"".join(stream)))
    check("get_archive", back.extractfile("put.txt").read() == b"abc" and stat["size"] == 3)
    stats = box.stats(stream=False)
    check("stats", stats["memory_stats"]["usage"] > 0 and stats["pids_stats"]["current"] >= 1)
    check("top", any("read" in " ".join(p) or "sh" in " ".join(p) for p in box.top()["Processes"]))
    check("diff", any(change["Path"] == "/tmp/put.txt" for change in box.diff()))
    box.rename("py-renamed")
    box.pause()
    box.reload()
    check("paused", box.status == "paused")
    box.unpause()
    box.stop(timeout=0)
    check("wait", box.wait()["StatusCode"] == 137)
    box.start()
    kept = box.commit("py-kept", "1")
    check("commit", "py-kept:1" in kept.tags)
    data = b"".join(kept.save(named=True))
    client.images.remove("py-kept:1")
    check("load", client.images.load(data)[0].tags == ["py-kept:1"])
    client.images.remove("py-kept:1")
    events = list(client.events(since=int(time.time()) - 60, until=int(time.time()) + 1, decode=True))
    check("events", {"create", "start", "die", "pause", "unpause"} <= {e["Action"] for e in events})
finally:
    box.remove(force=True)
client.volumes.get("pyvol").remove()
check("networks", {"bridge", "host", "none"} <= {n.name for n in client.networks.list()})
check("info", client.info()["Images"] >= 1)
check("df", "Images" in client.df())
print("docker-py:", "failed" if failures else "all fine")
sys.exit(1 if failures else 0)
