"""A client of BuildKit's protocol, made for the tests: gRPC over the daemon's hijacked /grpc and /session, with a file
server of its own. Without buildx it shows the same; with hostile answers it shows more.

Usage: buildkit.py SOCKET WORK-FOLDER DATA-ROOT
"""

import os
import socket
import sys
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import grpc

SOCKET, WORK, DATA = sys.argv[1:4]


# MARK: protobuf


def varint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value & (1 << 64) - 1)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def entries(number, values):
    return b"".join(field(number, field(1, k) + field(2, v)) for k, v in values.items())


def parse(data):
    fields, at = {}, 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        tag = number()
        if tag & 7 == 0:
            fields.setdefault(tag >> 3, []).append(number())
        else:
            length = number()
            fields.setdefault(tag >> 3, []).append(data[at : at + length])
            at += length
    return fields


def text(fields, number):
    return fields.get(number, [b""])[-1].decode()


# MARK: connections


def upgrade(path, headers):
    """A connection to the daemon that has left HTTP."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(SOCKET)
    lines = [f"POST {path} HTTP/1.1", "Host: docker", "Connection: Upgrade", "Upgrade: h2c"] + headers
    connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        assert byte, head
        head += byte
    assert head.startswith(b"HTTP/1.1 101 "), head
    assert b"upgrade: h2c" in head.lower(), head
    return connection


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def join(one, other):
    for pair in ((one, other), (other, one)):
        threading.Thread(target=pump, args=pair, daemon=True).start()


def channel():
    """gRPC's client, joined to /grpc by a socket of our own."""
    path = f"{WORK}/grpc-{uuid.uuid4().hex[:8]}"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(1)

    def serve():
        joined, _ = listener.accept()
        join(joined, upgrade("/grpc", []))

    threading.Thread(target=serve, daemon=True).start()
    return grpc.insecure_channel(f"unix:{path}", [("grpc.default_authority", "localhost")])


raw = lambda data: data


def unary(connection, method, request=b"", metadata=None, timeout=60):
    return parse(connection.unary_unary(method, raw, raw)(request, metadata=metadata, timeout=timeout))


# MARK: the client's services

FOLDER, LINK = 1 << 31, 1 << 27


def packet(kind, **parts):
    out = field(1, kind) if kind else b""
    if "stat" in parts:
        out += field(2, parts["stat"])
    if "id" in parts:
        out += field(3, parts["id"])
    return out + (field(4, parts["data"]) if "data" in parts else b"")


def stat(path, mode, size=0, link=""):
    return field(1, path) + field(2, mode) + field(5, size) + field(6, 10**18) + (field(7, link) if link else b"")


class Session:
    """What the daemon calls: files, secrets."""

    def __init__(self, folders, secrets={}, hostile=None):
        self.folders, self.secrets, self.hostile = folders, secrets, hostile
        self.asked = []
        self.id = uuid.uuid4().hex
        methods = {
            "moby.filesync.v1.FileSync": {"DiffCopy": grpc.stream_stream_rpc_method_handler(self.files)},
            "moby.buildkit.secrets.v1.Secrets": {"GetSecret": grpc.unary_unary_rpc_method_handler(self.secret)},
            "moby.filesync.v1.FileSend": {"DiffCopy": grpc.stream_stream_rpc_method_handler(self.receive)},
        }
        self.server = grpc.server(ThreadPoolExecutor(8))
        headers = [f"X-Docker-Expose-Session-Uuid: {self.id}", "X-Docker-Expose-Session-Sharedkey: test"]
        for service, handlers in methods.items():
            self.server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
            headers += [f"X-Docker-Expose-Session-Grpc-Method: /{service}/{name}" for name in handlers]
        path = f"{WORK}/session-{self.id[:8]}"
        self.server.add_insecure_port(f"unix:{path}")
        self.server.start()
        self.connection = upgrade("/session", headers)
        local = socket.socket(socket.AF_UNIX)
        local.connect(path)
        join(self.connection, local)

    def close(self):
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.server.stop(None)

    def secret(self, request, context):
        name = text(parse(request), 1)
        if name not in self.secrets:
            context.abort(grpc.StatusCode.NOT_FOUND, f"secret {name} not found")
        return field(1, self.secrets[name])

    def files(self, requests, context):
        metadata = {}
        for key, value in context.invocation_metadata():
            metadata.setdefault(key, []).append(value)
        name = metadata["dir-name"][0]
        follows, excludes = metadata.get("followpaths"), metadata.get("exclude-patterns", [])
        self.asked.append((name, follows, excludes))
        contents = {}
        listed = list(self.hostile) if self.hostile and name == "context" else self.listing(name, follows, excludes)
        for number, (entry, content) in enumerate(listed):
            contents[number] = content
            yield packet(0, stat=entry)
        yield packet(0)
        for message in requests:
            fields = parse(message)
            kind = fields.get(1, [0])[-1]
            if kind == 1:
                number = fields.get(3, [0])[-1]
                data = contents[number]
                for at in range(0, len(data), 30000):
                    yield packet(2, id=number, data=data[at : at + 30000])
                yield packet(2, id=number)
            elif kind == 3:
                yield packet(3)
                return
            elif kind == 4:
                self.complaint = text(fields, 4)
                return

    def listing(self, name, follows, excludes):
        root = self.folders[name]

        def walk(folder, prefix):
            for entry in sorted(os.listdir(folder), key=lambda e: e.encode()):
                path = f"{prefix}{entry}"
                if path in excludes:
                    continue
                if follows and not any((f + "/").startswith(path + "/") or path.startswith(f + "/") for f in follows):
                    continue
                whole = f"{folder}/{entry}"
                if os.path.islink(whole):
                    yield stat(path, LINK | 0o777, link=os.readlink(whole)), None
                elif os.path.isdir(whole):
                    yield stat(path, FOLDER | 0o755), None
                    yield from walk(whole, path + "/")
                else:
                    data = open(whole, "rb").read()
                    yield stat(path, os.stat(whole).st_mode & 0o777, len(data)), data

        return walk(root, "")

    def receive(self, requests, context):
        self.received = b"".join(parse(message).get(1, [b""])[-1] for message in requests)
        return iter(())


# MARK: builds


class Build:
    def __init__(self, session, attributes={}, output=None, frontend="dockerfile.v0"):
        self.reference = uuid.uuid4().hex
        self.connection = channel()
        request = field(1, self.reference) + field(5, session.id)
        if frontend:
            request += field(6, frontend)
        request += entries(7, attributes)
        if output:
            request += field(13, field(1, output[0]) + entries(2, output[1]))
        self.vertexes, self.logs, self.request = {}, b"", request

    def follow(self):
        stream = self.connection.unary_stream("/moby.buildkit.v1.Control/Status", raw, raw)(field(1, self.reference))

        def read():
            try:
                for message in stream:
                    fields = parse(message)
                    for vertex in fields.get(1, []):
                        self.vertexes[text(parse(vertex), 3)] = parse(vertex)
                    for log in fields.get(3, []):
                        self.logs += parse(log).get(4, [b""])[-1]
            except grpc.RpcError as error:
                self.status_error = error

        self.follower = threading.Thread(target=read, daemon=True)
        self.follower.start()

    def run(self):
        self.follow()
        answer = unary(self.connection, "/moby.buildkit.v1.Control/Solve", self.request)
        self.follower.join(20)
        assert not self.follower.is_alive(), "the status stream ends with its build"
        return {text(parse(e), 1): text(parse(e), 2) for e in answer.get(1, [])}

    def fails(self):
        try:
            self.run()
        except grpc.RpcError as error:
            self.follower.join(20)
            return error
        raise AssertionError("the build must fail")


def folder(name, files):
    root = f"{WORK}/{name}"
    for path, content in files.items():
        os.makedirs(os.path.dirname(f"{root}/{path}"), exist_ok=True)
        open(f"{root}/{path}", "w").write(content)
    return root


def session(files, **others):
    root = folder(f"ctx-{uuid.uuid4().hex[:8]}", files)
    return Session({"context": root, "dockerfile": root}, **others)


def until_empty(path):
    deadline = time.time() + 20
    while os.listdir(path):
        assert time.time() < deadline, f"{path} still has {os.listdir(path)}"
        time.sleep(0.05)


def test_workers():
    connection = channel()
    workers = unary(connection, "/moby.buildkit.v1.Control/ListWorkers")[1]
    labels = {text(parse(e), 1): text(parse(e), 2) for e in parse(workers[0])[2]}
    assert labels["org.mobyproject.buildkit.worker.snapshotter"] == "overlayfs", labels
    assert text(parse(parse(workers[0])[3][0]), 2) == "linux"
    version = parse(unary(connection, "/moby.buildkit.v1.Control/Info")[1][0])
    assert text(version, 1) == "github.com/moby/buildkit"
    assert unary(connection, "/grpc.health.v1.Health/Check")[1] == [1]
    for method in ("/moby.buildkit.v1.Control/Nonsense", "/no.Such/Service"):
        try:
            unary(connection, method)
            raise AssertionError(method)
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.UNIMPLEMENTED, error


def test_build():
    client = session(
        {
            "Dockerfile": "FROM busybox\nARG WHO\nCOPY sub /sub\nRUN cat /sub/a && echo hello $WHO\n"
            "RUN --mount=type=secret,id=key cat /run/secrets/key | tr a-z A-Z\n",
            "sub/a": "content\n",
            "other": "not wanted",
            ".dockerignore": "sub/left-out\n",
            "sub/left-out": "x",
        },
        secrets={"key": "hush\n"},
    )
    os.symlink("a", client.folders["context"] + "/sub/link")
    build = Build(client, {"filename": "Dockerfile", "build-arg:WHO": "you"}, ("moby", {"name": "proto:1"}))
    facts = build.run()
    assert facts["containerimage.config.digest"].startswith("sha256:"), facts
    assert facts["image.name"] == "docker.io/library/proto:1", facts
    for name in (
        "[internal] load build definition from Dockerfile",
        "[internal] load metadata for docker.io/library/busybox:latest",
        "[internal] load .dockerignore",
        "[internal] load build context",
        "[1/4] FROM docker.io/library/busybox:latest",
        "[2/4] COPY sub /sub",
        "exporting to image",
    ):
        assert name in build.vertexes, (name, list(build.vertexes))
    assert b"content\n" in build.logs and b"hello you\n" in build.logs and b"HUSH\n" in build.logs, build.logs
    context = [asked for asked in client.asked if asked[0] == "context" and asked[1] != [".dockerignore"]]
    assert context == [("context", ["sub"], ["sub/left-out"])], client.asked
    # Once more: everything is there already.
    again = Build(client, {"build-arg:WHO": "you"}, ("moby", {}))
    assert again.run()["containerimage.config.digest"] == facts["containerimage.config.digest"]
    assert again.vertexes["[2/4] COPY sub /sub"].get(4) == [1], "cached"
    client.close()


def test_gateway():
    """As buildx does it: Solve waits while the client directs the build over the bridge."""
    client = session({"Dockerfile": "FROM busybox\nRUN echo from the bridge > /file\n"})
    build = Build(client, output=("moby", {"name": "bridged:1"}), frontend="")
    metadata = [("buildkit-controlapi-buildid", build.reference)]
    bridge = "/moby.buildkit.v1.frontend.LLBBridge/"

    def direct():
        connection = channel()
        pong = unary(connection, bridge + "Ping", metadata=metadata)
        assert b"return" in [parse(c)[1][0] for c in pong[1]]
        answer = unary(
            connection, bridge + "Solve", field(2, "dockerfile.v0") + field(5, 1) + field(6, 1), metadata
        )
        reference = parse(parse(answer[3][0])[3][0])[1][0]
        file = unary(connection, bridge + "ReadFile", field(1, reference) + field(2, "/file"), metadata)
        assert file[1] == [b"from the bridge\n"], file
        unary(connection, bridge + "Return", field(1, field(3, field(1, reference))), metadata)

    directing = ThreadPoolExecutor(1).submit(direct)
    facts = build.run()
    directing.result(20)
    assert facts["image.name"] == "docker.io/library/bridged:1", facts
    client.close()


def test_tar():
    client = session({"Dockerfile": "FROM scratch\nCOPY a /b\n", "a": "inside"})
    Build(client, output=("tar", {})).run()
    assert b"inside" in client.received and b"ustar" in client.received
    client.close()


def test_failures():
    client = session({"Dockerfile": "FROM busybox\n\nRUN echo words; exit 3\n"})
    build = Build(client)
    error = build.fails()
    assert error.code() == grpc.StatusCode.UNKNOWN, error
    words = 'process "/bin/sh -c echo words; exit 3" did not complete successfully: exit code: 3'
    assert error.details() == words, error.details()
    details = dict(error.trailing_metadata())["grpc-status-details-bin"]
    assert b"errdefs.Source+json" in details and b'"line":3' in details, details
    assert text(build.vertexes["[2/2] RUN echo words; exit 3"], 7) == words
    client.close()
    client = session({"Dockerfile": "FROM busybox\nFOO\n"})
    error = Build(client).fails()
    assert error.details().startswith("dockerfile parse error on line 2: unknown instruction: FOO"), error.details()
    client.close()
    client = session({"Dockerfile": "FROM busybox\nRUN --mount=type=secret,id=no,required=true true\n"})
    assert Build(client).fails().details() == "secret no: not found"
    client.close()


def test_pings():
    """Go's client pings with each turn of data: hundreds in a second are no attack."""

    def frame(kind, data=b"", flags=0):
        return len(data).to_bytes(3, "big") + bytes([kind, flags]) + bytes(4) + data

    connection = upgrade("/grpc", [])
    connection.settimeout(20)
    connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4) + frame(6, b"12345678") * 1000)
    answers, received = 0, b""
    while answers < 1000:
        data = connection.recv(65536)
        assert data, f"the connection ended after {answers} answers"
        received += data
        while len(received) >= 9 and len(received) >= 9 + int.from_bytes(received[:3], "big"):
            kind, flags = received[3], received[4]
            assert kind != 7, "the daemon says that it goes"
            answers += kind == 6 and flags == 1
            received = received[9 + int.from_bytes(received[:3], "big") :]
    connection.close()


def test_hostile():
    """Files that lead out of their folder, in every way that the protocol has words for."""
    dockerfile = "FROM scratch\nCOPY . /\n"
    mark = f"{DATA}/escaped"
    for hostile in (
        [(stat("../escaped", 0o644, 1), b"x")],
        [(stat("/" + mark, 0o644, 1), b"x")],
        [(stat("a/../../escaped", 0o644, 1), b"x")],
        [(stat("link", LINK | 0o777, link=DATA), None), (stat("link/escaped", 0o644, 1), b"x")],
        [(stat("a", 0o644, 1), b"x"), (stat("a", 0o644, 1), b"x")],
        [(stat("missing/a", 0o644, 1), b"x")],
        [(stat("hard", 0o644, 1, link="../../../../../../../../etc/passwd"), b"")],
        [(stat("x" * 5000, 0o644, 1), b"x")],
        [(stat("", 0o644, 1), b"x")],
    ):
        client = session({"Dockerfile": dockerfile}, hostile=hostile)
        build = Build(client)
        build.fails()
        assert not os.path.exists(mark) and not os.path.exists(DATA + "/builds/escaped"), hostile[0]
        client.close()
    # Devices and pipes are left out, links stay links.
    client = session(
        {"Dockerfile": dockerfile},
        hostile=[
            (stat("device", 1 << 26 | 0o666), None),
            (stat("link", LINK | 0o777, link="/etc/shadow"), None),
            (stat("pipe", 1 << 25 | 0o666), None),
        ],
    )
    Build(client, output=("tar", {})).run()
    assert b"/etc/shadow" in client.received and b"root:" not in client.received
    client.close()
    until_empty(DATA + "/builds/running")


def test_vanishing():
    """A client that goes in the middle ends its build and leaves nothing."""
    client = session({"Dockerfile": "FROM busybox\nRUN echo started; sleep 1000\n"})
    build = Build(client)
    build.follow()
    solve = build.connection.unary_unary("/moby.buildkit.v1.Control/Solve", raw, raw).future(build.request)
    deadline = time.time() + 20
    while b"started" not in build.logs:
        assert time.time() < deadline, build.logs
        time.sleep(0.02)
    client.close()
    try:
        solve.result(20)
        raise AssertionError("the build must end")
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.CANCELLED, error
    until_empty(DATA + "/builds/running")
    # The same when the caller goes.
    client = session({"Dockerfile": "FROM busybox\nRUN echo started; sleep 1001\n"})
    build = Build(client)
    build.follow()
    solve = build.connection.unary_unary("/moby.buildkit.v1.Control/Solve", raw, raw).future(build.request)
    while b"started" not in build.logs:
        time.sleep(0.02)
    solve.cancel()
    until_empty(DATA + "/builds/running")
    client.close()


def test_cache():
    connection = channel()
    records = unary(connection, "/moby.buildkit.v1.Control/DiskUsage").get(1, [])
    assert records and any("COPY sub" in text(parse(r), 9) for r in records), records
    stream = connection.unary_stream("/moby.buildkit.v1.Control/Prune", raw, raw)
    gone = [parse(m) for m in stream(field(2, 1))]
    assert len(gone) == len(records), (len(gone), len(records))
    assert not unary(connection, "/moby.buildkit.v1.Control/DiskUsage").get(1, [])


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
        print("ok", name, flush=True)
