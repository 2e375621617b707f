"""Ordinary use of the engine through docker-py. Prints what failed and exits 1; DOCKER_HOST names the engine."""

import io, os, sys, tarfile, time
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


def wait_until(what, holds, seconds=15):
    end = time.time() + seconds
    while time.time() < end:
        if holds():
            return
        time.sleep(0.05)
    check(what, False)


def refused(what, status, words, work):
    try:
        work()
        check(what + " is refused", False)
    except docker.errors.APIError as error:
        check(f"{what}: {error.status_code} {error}", error.status_code == status and words in str(error))


# Images: what is there, what the registry has.
check("list", any("busybox:latest" in i.tags for i in client.images.list(name="busybox")))
check("history", len(image.history()) >= 1)
check("tag", image.tag("py-tagged", "2") and client.images.get("py-tagged:2").id == image.id)
client.images.remove("py-tagged:2")
data = client.images.get_registry_data("busybox")
check("registry data", data.id.startswith("sha256:") and data.has_platform("linux/amd64"))
check("its image", data.pull().id == image.id)
refused("an image nobody has", 404, "manifest unknown", lambda: client.images.pull("busybox", tag="no-such-tag"))
refused("an image that isn't here", 404, "No such image", lambda: client.images.get("nowhere:1"))

# Errors have Docker's statuses.
one = client.containers.create("busybox", "sleep 1000", name="py-one", healthcheck={
    "test": ["CMD", "true"], "interval": 200_000_000, "retries": 1})
refused("a name that is taken", 409, "is already in use by container",
        lambda: client.containers.create("busybox", name="py-one"))
refused("an impossible limit", 400, "Minimum memory limit allowed is 6MB",
        lambda: client.containers.create("busybox", mem_limit="1m"))
refused("an exec in a created container", 409, "is not running", lambda: one.exec_run("true"))
refused("a kill of a created container", 409, "is not running", one.kill)
refused("an unknown signal", 400, "invalid signal: FOO", lambda: one.kill("FOO"))
refused("an unknown filter", 400, "invalid filter", lambda: client.containers.list(filters={"nope": "1"}))
refused("an unknown network", 404, "network nowhere not found", lambda: client.networks.get("nowhere"))
refused("an unknown volume", 404, "no such volume", lambda: client.volumes.get("nowhere"))
refused("an unknown exec", 404, "No such exec instance", lambda: client.api.exec_inspect("nope"))

# One container's whole life.
one.start()
refused("the removal of a running container", 409, "container is running: stop the container before", one.remove)
wait_until("healthy", lambda: client.containers.get("py-one").health == "healthy")
one.update(mem_limit="128m", memswap_limit="256m", restart_policy={"Name": "on-failure", "MaximumRetryCount": 3})
one.reload()
check("update", one.attrs["HostConfig"]["Memory"] == 128 << 20)
check("policy", one.attrs["HostConfig"]["RestartPolicy"] == {"Name": "on-failure", "MaximumRetryCount": 3})
one.restart(timeout=0)
one.reload()
check("restart", one.status == "running")
code, output = one.exec_run("sh -c 'echo $A; pwd; id -u'", environment={"A": "b"}, workdir="/tmp", user="nobody")
check("exec with environment, folder and user", (code, output) == (0, b"b\n/tmp\n65534\n"))
# Again and again: docker-py loses output that comes along with the head of the answer.
for _ in range(60):
    chunks = list(one.exec_run("sh -c 'echo 1; echo 2 >&2'", stream=True, demux=True).output)
    both = [b"".join(chunk[stream] for chunk in chunks if chunk[stream]) for stream in (0, 1)]
    if both != [b"1\n", b"2\n"]:
        break
check("exec stream", both == [b"1\n", b"2\n"])
check("exec tty", one.exec_run("tty", tty=True).output.startswith(b"/dev/pts/"))
exec_id = client.api.exec_create(one.id, "sleep 30", tty=True)["Id"]
client.api.exec_start(exec_id, detach=True, tty=True)
client.api.exec_resize(exec_id, height=20, width=50)
check("a running exec", client.api.exec_inspect(exec_id)["Running"] and exec_id in client.api.inspect_container(one.id)["ExecIDs"])
stream = client.events(decode=True, filters={"container": "py-one", "event": ["kill", "die"]})
one.kill("SIGKILL")
check("events as they come", [next(stream)["Action"], next(stream)["Action"]] == ["kill", "die"])
stream.close()
check("not running", one.wait(condition="not-running")["StatusCode"] == 137)
one.remove(v=True)

# Logs.
talker = client.containers.run("busybox", "sh -c 'for i in 1 2 3; do echo out$i; done; echo err >&2'", detach=True)
talker.wait()
check("logs of one stream", talker.logs(stderr=False) == b"out1\nout2\nout3\n" and talker.logs(stdout=False) == b"err\n")
check("tail counts the lines of both streams", len(talker.logs(tail=2).splitlines()) == 2)
check("timestamps", talker.logs(stdout=False, timestamps=True).split(b" ")[0].endswith(b"Z"))
check("since and until", talker.logs(since=int(time.time()) + 100) == b"" and talker.logs(until=int(time.time()) - 100) == b"")
check("followed", b"".join(talker.logs(stream=True, follow=True, stderr=False)) == b"out1\nout2\nout3\n")
talker.remove()

# Many options at once come back as they were asked.
wide = client.containers.run(
    "busybox", "sleep 1000", detach=True, cap_add=["NET_ADMIN"], cap_drop=["CHOWN"], cpu_shares=512, nano_cpus=500_000_000,
    pids_limit=50, dns=["10.9.8.7"], domainname="example.com", hostname="wide", extra_hosts={"far": "10.1.2.3"},
    group_add=["7"], init=True, ipc_mode="shareable", labels=["plain"], log_config=docker.types.LogConfig(
        type="json-file", config={"max-size": "1m"}), network_mode="bridge", oom_score_adj=10, read_only=True,
    security_opt=["no-new-privileges"], shm_size="8m", stop_signal="SIGINT", sysctls={"net.ipv4.ip_forward": "0"},
    tmpfs={"/t": "size=1m"}, ulimits=[docker.types.Ulimit(name="nofile", soft=100, hard=200)], user="5:6",
    working_dir="/tmp", mounts=[docker.types.Mount("/m", "pymount", labels={"a": "b"})],
    devices=["/dev/null:/dev/xnull:r"], cgroupns="private")
host, config = wide.attrs["HostConfig"], wide.attrs["Config"]
check("HostConfig", (host["CapAdd"], host["CpuShares"], host["PidsLimit"], host["Dns"], host["IpcMode"], host["ShmSize"]) ==
      (["NET_ADMIN"], 512, 50, ["10.9.8.7"], "shareable", 8 << 20))
check("Config", (config["Hostname"], config["Domainname"], config["User"], config["StopSignal"], config["Labels"]) ==
      ("wide", "example.com", "5:6", "SIGINT", {"plain": ""}))
check("inside", wide.exec_run("sh -c 'hostname; id -u; ulimit -n; ls /dev/xnull; grep far /etc/hosts'").output ==
      b"wide\n5\n100\n/dev/xnull\n10.1.2.3\tfar\n")
check("stats as a stream", next(wide.stats(stream=True, decode=True))["name"].endswith(wide.name))
check("size", client.api.inspect_container(wide.id)["Name"] == "/" + wide.name and
      "SizeRw" in client.api.containers(all=True, size=True)[0])
wide.remove(force=True, v=True)
check("a labelled volume", client.volumes.get("pymount").attrs["Labels"] == {"a": "b"})
client.volumes.get("pymount").remove()

# Networks and names.
net = client.networks.create("py-net", labels={"n": "1"}, ipam=docker.types.IPAMConfig(
    pool_configs=[docker.types.IPAMPool(subnet="10.123.45.0/24")]))
first = client.containers.run("busybox", "sleep 1000", detach=True, name="py-first", network="py-net")
second = client.containers.run("busybox", "sleep 1000", detach=True, name="py-second")
net.connect(second, aliases=["deux"], ipv4_address="10.123.45.77")
check("reached by alias", first.exec_run("ping -c1 -w5 deux").exit_code == 0)
net.reload()
check("members", {c.name for c in net.containers} == {"py-first", "py-second"})
net.disconnect(second)
refused("a network in use", 403, "has active endpoints", net.remove)
linked = client.containers.run("busybox", "sh -c 'env | grep ^OTHER_NAME'", links={"py-second": "other"}, remove=True)
check("links", linked.startswith(b"OTHER_NAME=/") and linked.endswith(b"/other\n"))
for each in (first, second):
    each.remove(force=True)
net.remove()
check("volume prune", "SpaceReclaimed" in client.volumes.prune())
check("network prune", "NetworksDeleted" in client.networks.prune())
check("container prune", "SpaceReclaimed" in client.containers.prune())

# Builds.
built, log = client.images.build(
    fileobj=io.BytesIO(b"FROM busybox\nARG WORD\nRUN echo $WORD > /word\nCMD cat /word\n"), tag="py-built:1",
    buildargs={"WORD": "built"}, labels={"by": "docker-py"}, rm=True)
lines = [line.get("stream", "") for line in log]
check("a build's log", any("Successfully tagged py-built:1" in line for line in lines))
check("a build's labels", built.labels == {"by": "docker-py"})
check("a built image runs", client.containers.run("py-built:1", remove=True) == b"built\n")
context = io.BytesIO()
with tarfile.open(fileobj=context, mode="w") as archive:
    for name, text in (("sub/Dockerfile.one", b"FROM busybox\nCOPY sub/file /file\n"), ("sub/file", b"content")):
        entry = tarfile.TarInfo(name)
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))
context.seek(0)
copied, _ = client.images.build(
    fileobj=context, custom_context=True, dockerfile="sub/Dockerfile.one", tag="py-built:2", nocache=True, pull=False)
check("a context of one's own", client.containers.run("py-built:2", "cat /file", remove=True) == b"content")
try:
    client.images.build(fileobj=io.BytesIO(b"FROM busybox\nRUN exit 7\n"))
    check("a failing build raises", False)
except docker.errors.BuildError as error:
    check("words of a failing build", "returned a non-zero code: 7" in str(error))
refused("a malformed Dockerfile", 400, "unknown instruction: RNU",
        lambda: client.images.build(fileobj=io.BytesIO(b"FROM busybox\nRNU x\n")))
for tag in ("py-built:1", "py-built:2"):
    client.images.remove(tag)

# Versions.
old = docker.DockerClient(base_url=os.environ["DOCKER_HOST"], version="1.44")
check("the oldest version", "Container" in old.api.inspect_image("busybox") and old.ping())
ancient = docker.DockerClient(base_url=os.environ["DOCKER_HOST"], version="1.24")
refused("a version too old", 400, "client version 1.24 is too old. Minimum supported API version is 1.44", ancient.info)
future = docker.DockerClient(base_url=os.environ["DOCKER_HOST"], version="1.99")
refused("a version too new", 400, "client version 1.99 is too new. Maximum supported API version is 1.51", future.info)

# A WebSocket needs TCP, and a package of its own.
try:
    import websocket
except ImportError:
    websocket = None
if websocket and "DOCKER_TCP" in os.environ:
    tcp = docker.DockerClient(base_url=os.environ["DOCKER_TCP"])
    cat = tcp.containers.run("busybox", "cat", detach=True, stdin_open=True)
    ws = tcp.api.attach_socket(cat.id, params={"stdin": 1, "stdout": 1, "stream": 1}, ws=True)
    ws.send_binary(b"over the web\n")
    check("WebSocket", ws.recv() == b"over the web\n")
    ws.close()
    cat.remove(force=True)

print("docker-py:", "failed" if failures else "all fine")
sys.exit(1 if failures else 0)
