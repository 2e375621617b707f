"""What a hostile client sends: the right status, bounded memory, and a server that goes on."""
import http.client
import os
import re
import socket
import ssl
import sys

port, pid, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
context = ssl.create_default_context(cafile=f"{folder}/ca.pem")
context.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
MAPS = "/api/v1/namespaces/default/configmaps"
failures = []


def resident():
    with open(f"/proc/{pid}/status") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1)) // 1024


def expect(status, method, path, body=None, kind=None):
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=60)
    connection.request(method, path, body, {"Content-Type": kind} if kind else {})
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != status:
        failures.append(f"{method} {path[:80]}: {answer.status}, not {status}: {text[:200]}")
    connection.close()


JSON, YAML, PROTOBUF = "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"
before = resident()
expect(413, "POST", MAPS, b'{"a":"' + b"x" * (3 << 20) + b'"}', JSON)
expect(400, "POST", MAPS, b"[" * 100_000, JSON)
expect(400, "POST", MAPS, b'{"a":' * 100_000, JSON)
expect(400, "POST", MAPS, b'{"a":', JSON)
expect(400, "POST", MAPS, b"\xff\xfe", JSON)
bomb = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (98 + i, 98 + i, b",".join([b"*%c" % (97 + i)] * 9)) for i in range(12))
expect(400, "POST", MAPS, bomb, YAML)
expect(400, "POST", MAPS, b"k8s\0\xff\xff\xff\xff", PROTOBUF)
expect(415, "POST", MAPS, b"{}", "text/html")
expect(415, "PATCH", f"{MAPS}/kube-root-ca.crt", b"[]", "text/plain")
expect(400, "PUT", f"{MAPS}/b", b'{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"c"}}', JSON)
for path in ("/api/v1/namespaces/default/configmaps/..%2f..%2fsecrets", "/api/v1/../../etc/passwd",
             "/api/v1/namespaces/%00/pods", "/%zz"):
    expect(404, "GET", path)
for path in (f"/api/v1/pods?labelSelector={'a' * 200_000}",
             "/api/v1/pods?labelSelector=((", "/api/v1/pods?fieldSelector=foo%3Dbar", "/api/v1/pods?limit=abc",
             "/api/v1/pods?continue=xyz", "/api/v1/pods?resourceVersion=abc"):
    expect(400, "GET", path)
expect(504, "GET", "/api/v1/pods?resourceVersion=99999999")
expect(404, "GET", "/apis/nope/v1/x")
expect(404, "GET", "/api/v1/pods/a/b/c/d")

# Many connections that say nothing, and one that says it slowly, keep nobody else out.
sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(int(os.environ.get("IDLE", "2000")))]
slow = context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="127.0.0.1")
slow.sendall(b"POST " + MAPS.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
expect(200, "GET", "/readyz")
for one in sockets:
    one.close()
slow.close()
expect(200, "GET", "/readyz")
grown = resident() - before
if grown > 400:
    failures.append(f"the server grew by {grown} MiB")
print("\n".join(failures) or "ok")
sys.exit(1 if failures else 0)
