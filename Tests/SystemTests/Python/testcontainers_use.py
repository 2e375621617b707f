"""Ordinary use of the engine through Testcontainers. Prints what failed and exits 1; DOCKER_HOST names the engine."""

import os, sys, tempfile, urllib.request

# The helper that removes what a killed test leaves is an image of Docker Hub's.
os.environ["TESTCONTAINERS_RYUK_DISABLED"] = "true"

from testcontainers.core.container import DockerContainer
from testcontainers.core.image import DockerImage
from testcontainers.core.network import Network
from testcontainers.core.wait_strategies import HttpWaitStrategy, LogMessageWaitStrategy

failures = []


def check(what, holds):
    if not holds:
        failures.append(what)
        print("FAILED:", what)


with DockerContainer("nginx").with_exposed_ports(80).waiting_for(HttpWaitStrategy(80).for_status_code(200)) as web:
    url = f"http://{web.get_container_host_ip()}:{web.get_exposed_port(80)}/"
    with urllib.request.urlopen(url, timeout=10) as answer:
        check("nginx answers at its mapped port", answer.status == 200 and b"nginx" in answer.read())
    code, output = web.exec(["sh", "-c", "echo inside; exit 3"])
    check("exec", code == 3 and output == b"inside\n")

with Network() as network:
    server = DockerContainer("busybox").with_network(network).with_network_aliases("db").with_env("WORD", "ahoy")
    server.with_command("sh -c 'echo ready; while true; do echo $WORD | nc -l -p 5000; done'")
    server.waiting_for(LogMessageWaitStrategy("ready"))
    with server:
        client = DockerContainer("busybox").with_network(network).with_command(
            "sh -c 'until nc db 5000 | grep ahoy; do sleep 0.1; done; echo done; sleep 60'")
        client.waiting_for(LogMessageWaitStrategy("done"))
        with client:
            out, _ = client.get_logs()
            check("a container reaches another by its alias", b"ahoy\ndone" in out)

with tempfile.TemporaryDirectory() as folder:
    with open(f"{folder}/Dockerfile", "w") as file:
        file.write("FROM busybox\nARG WORD\nRUN echo $WORD > /word\nCMD cat /word && sleep 60\n")
    with DockerImage(path=folder, tag="tc-built:1", buildargs={"WORD": "built"}) as image:
        with DockerContainer(str(image)).waiting_for(LogMessageWaitStrategy("built")) as box:
            check("an image is built and run", box.get_wrapped_container().image.tags == ["tc-built:1"])
            mounted = DockerContainer("busybox").with_volume_mapping(folder, "/in", "ro")
            mounted.with_command("sh -c 'cat /in/Dockerfile; sleep 60'").waiting_for(LogMessageWaitStrategy("CMD cat"))
            with mounted:
                check("a folder is mapped", b"FROM busybox" in mounted.get_logs()[0])

sys.exit(1 if failures else 0)
