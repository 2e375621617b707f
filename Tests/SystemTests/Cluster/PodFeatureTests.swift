import Foundation
import TestKit
import Testing

extension OnACluster {
    /// What the original's client does with a pod on another node than the API server's.
    @Suite("a pod does what its manifest says", .serialized)
    struct PodFeatures {
        private static let pod = """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: page}
            data: {index.html: one, other: file}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: box, labels: {app: box}}
            spec:
              nodeName: minikube-m02
              terminationGracePeriodSeconds: 5
              shareProcessNamespace: true
              initContainers:
              - name: first
                image: busybox
                imagePullPolicy: IfNotPresent
                command: [sh, -c, "echo first >/work/order"]
                volumeMounts: [{name: work, mountPath: /work}]
              - name: side
                image: busybox
                imagePullPolicy: IfNotPresent
                restartPolicy: Always
                command: [sh, -c, "echo side >>/work/order; trap 'exit 0' TERM; sleep 10000 & wait"]
                volumeMounts: [{name: work, mountPath: /work}]
                startupProbe: {exec: {command: [grep, side, /work/order]}, periodSeconds: 1}
              - name: last
                image: busybox
                imagePullPolicy: IfNotPresent
                command: [sh, -c, "echo last >>/work/order"]
                volumeMounts: [{name: work, mountPath: /work}]
              containers:
              - name: c
                image: busybox
                imagePullPolicy: IfNotPresent
                command: [sh, -c, "trap 'exit 0' TERM; i=0; while :; do i=$((i+1)); echo line $i; sleep 1; done"]
                lifecycle:
                  postStart: {exec: {command: [sh, -c, "echo post >>/work/order"]}}
                  preStop: {exec: {command: [sh, -c, "echo prestop >/host/$HOSTNAME"]}}
                volumeMounts:
                - {name: work, mountPath: /work}
                - {name: host, mountPath: /host}
                - {name: page, mountPath: /page}
                - {name: page, mountPath: /sub/other, subPath: other}
              - name: web
                image: busybox
                imagePullPolicy: IfNotPresent
                command: [sh, -c, "exec httpd -f -p 8080 -h /page"]
                ports: [{containerPort: 8080, hostPort: HOSTPORT}]
                volumeMounts: [{name: page, mountPath: /page}]
              - {name: cat, image: busybox, imagePullPolicy: IfNotPresent, stdin: true, command: [cat]}
              volumes:
              - {name: work, emptyDir: {}}
              - {name: host, hostPath: {path: /tmp/hooks, type: DirectoryOrCreate}}
              - {name: page, configMap: {name: page}}

            """

        /// All pods are on one node, where a port can be had once: an earlier test's pod may still be on its way out.
        private func made(hostPort: UInt16 = UInt16.random(in: 18_100...19_000)) async throws -> ClusterSpace {
            let space = try await OnACluster.space()
            try await space.apply(Self.pod.replacingOccurrences(of: "HOSTPORT", with: "\(hostPort)"))
            let ready = try await space.kubectl("wait --for=condition=Ready pod/box --timeout=60s", seconds: 70)
            if ready.status != 0 {
                throw Timeout(description: "\(ready)\n\(try await space.kubectl("describe pod box").out)")
            }
            return space
        }

        @Test("init containers, sidecars and hooks come in their order, beside each other's processes")
        func order() async throws {
            let space = try await made()
            #expect(
                try await space.ok("get pod box --no-headers").split(separator: " ").prefix(4) == [
                    "box", "4/4", "Running", "0",
                ])
            #expect(try await space.ok("exec box -c c -- cat /work/order") == "first\nside\nlast\npost")
            let processes = try await space.ok("exec box -c c -- ps -o args")
            #expect(processes.contains("httpd -f -p 8080") && processes.contains("cat\n"), "\(processes)")
            try await space.ok("delete pod box")
            let hook = try await space.cluster.box.shell("docker exec minikube-m02 cat /tmp/hooks/box")
            #expect(hook.out == "prestop\n", "\(hook)")
        }

        @Test("exec, attach, logs, cp and port-forward reach it on another node")
        func streams() async throws {
            let space = try await made(hostPort: 18_099)
            let status = try await space.kubectl("exec box -c c -- sh -c 'echo out; echo err >&2; exit 7'")
            #expect(status.status == 7 && status.out == "out\n", "\(status)")
            #expect(status.err == "err\ncommand terminated with exit code 7\n")
            #expect(try await space.ok("exec -i box -c c -- cat", input: "typed") == "typed")
            let size = try await space.ok("exec box -c c -- sh -c 'head -c 3000000 /dev/zero' | wc -c")
            #expect(size == "3000000")
            // The end of the client's input ends what it sees, and not the container's input. It says no more for a
            // moment, since the end doesn't wait for the process's answer.
            let attached =
                "version --client >/dev/null; (cat; sleep 2) | timeout 20 kubectl -n \(space.name) attach -q -i box -c cat"
            for line in ["to the cat\n", "once more\n"] {
                let attach = try await space.kubectl(attached, input: line, seconds: 30)
                #expect(attach.status == 0 && attach.out == line, "\(attach)")
            }
            #expect(try await space.ok("logs box -c cat") == "to the cat\nonce more")
            #expect(try await space.table("box") == [["4/4", "Running", "0"]], "its input is open for the next one")
            let logs = try await space.ok("logs box -c c --tail=2").split(separator: "\n")
            #expect(logs.count == 2 && logs[0].hasPrefix("line "), "\(logs)")
            let follow = try await space.kubectl("logs -f box -c c --tail=1 & sleep 3; kill $!")
            #expect(follow.out.split(separator: "\n").count >= 3, "\(follow)")
            let folder = space.cluster.box.root
            try Data("copied\n".utf8).write(to: URL(fileURLWithPath: folder + "/there"))
            try await space.ok("cp \(folder)/there box:/tmp/there -c c")
            try await space.ok("cp box:/tmp/there \(folder)/back -c c")
            #expect(try String(contentsOfFile: folder + "/back", encoding: .utf8) == "copied\n")
            let port = try freePort()
            let forward = try await space.kubectl(
                "port-forward pod/box \(port):8080 >/dev/null & sleep 2; curl -s http://127.0.0.1:\(port)/ "
                    + "http://127.0.0.1:\(port)/other; kill $!")
            #expect(forward.out == "onefile", "\(forward)")
            #expect(try await space.cluster.box.shell("curl -s --max-time 3 http://192.168.49.3:18099/").out == "one")
        }

        @Test("port-forward reaches who listens on the pod's loopback alone, by IPv4 or by IPv6")
        func loopback() async throws {
            let space = try await OnACluster.space()
            let command =
                "cd /tmp; echo four >index.html; httpd -p 127.0.0.1:8004; mkdir six; cd six; echo six >index.html; "
                + "exec httpd -f -p [::1]:8006"
            try await space.apply(
                Manifest.deployment("near", command: command, pod: "nodeName: minikube-m02")
                    + "---\n"
                    + Manifest.deployment(
                        "host", command: command.replacingOccurrences(of: ":80", with: ":81"),
                        pod: "nodeName: minikube-m02\n      hostNetwork: true"))
            for name in ["near", "host"] { try await space.until(name, shows: "1/1", "Running") }
            for (name, four) in [("near", 8_004), ("host", 8_104)] {
                let (first, second) = (try freePort(), try freePort())
                let forward = try await space.kubectl(
                    "port-forward deploy/\(name) \(first):\(four) \(second):\(four + 2) >/dev/null & sleep 2; "
                        + "curl -s http://127.0.0.1:\(first)/ http://127.0.0.1:\(second)/; kill $!")
                #expect(forward.out == "four\nsix\n", "\(forward)")
            }
            let port = try freePort()
            let refused = try await space.kubectl(
                "port-forward deploy/near \(port):9 2>&1 & sleep 2; curl -s http://127.0.0.1:\(port)/; sleep 1; kill $!"
            )
            #expect(
                refused.out.contains("failed to connect to localhost:9 inside namespace ")
                    && refused.out.contains(
                        "IPv4: dial tcp4 127.0.0.1:9: connect: connection refused "
                            + "IPv6 dial tcp6 [::1]:9: connect: connection refused "),
                "\(refused)")
        }

        @Test("the output of a container before its restart")
        func previous() async throws {
            let space = try await OnACluster.space()
            try await space.ok(
                "run once --image=busybox --image-pull-policy=IfNotPresent -- sh -c 'echo run of $(date +%s%N); exit 1'"
            )
            try await until("a restart", seconds: 40) {
                try await space.ok(
                    "get pod once -o jsonpath='{.status.containerStatuses[0].restartCount}'") == "1"
            }
            let previous = try await space.ok("logs --previous once")
            #expect(previous.hasPrefix("run of "), "\(previous)")
            #expect(
                try await space.kubectl("logs --previous once -c nope").err.contains(
                    "container nope is not valid for pod once"))
        }

        @Test("a changed config map is seen in its volume, and not through a sub-path")
        func volumes() async throws {
            let space = try await made()
            #expect(try await space.ok("exec box -c c -- cat /page/index.html /sub/other") == "onefile")
            try await space.ok(#"patch configmap page -p '{"data":{"index.html":"two","other":"new"}}'"#)
            try await until("the new text", seconds: 90) {
                try await space.ok("exec box -c c -- cat /page/index.html /page/other /sub/other") == "twonewfile"
            }
        }

        @Test("an ephemeral container sees the container that it is to debug")
        func ephemeral() async throws {
            let space = try await made()
            let debug = try await space.kubectl(
                "debug box --image=busybox --target=c -c look --quiet -- sh -c 'ls /proc/1/root/; ps -o args; echo seen'"
            )
            #expect(debug.status == 0, "\(debug)")
            try await until("its output", seconds: 30) {
                try await space.kubectl("logs box -c look").out.contains("seen\n")
            }
            #expect(try await space.ok("logs box -c look").contains("httpd -f -p 8080"))
            try await until("its end", seconds: 20) {
                try await space.ok(
                    "get pod box -o jsonpath='{.status.ephemeralContainerStatuses[0].state.terminated.reason}'")
                    == "Completed"
            }
            #expect(try await space.ok("get pod box --no-headers").contains("4/4"))
        }

        @Test("a pod asks the API with its account's token, by the name that everybody knows")
        func account() async throws {
            let space = try await made()
            let ask =
                "cd /var/run/secrets/kubernetes.io/serviceaccount; wget -q -O- --no-check-certificate "
                + #"--header "Authorization: Bearer $(cat token)" https://kubernetes.default/api/v1/namespaces/$(cat namespace)/pods/box 2>&1"#
            let refused = try await space.kubectl("exec box -c c -- sh -c '\(ask)'")
            #expect(refused.out.contains("403 Forbidden"), "\(refused)")
            try await space.ok("create rolebinding see --clusterrole=view --serviceaccount=\(space.name):default")
            try await until("the permission counts") {
                try await space.kubectl("exec box -c c -- sh -c '\(ask)'").out.contains("\"name\": \"box\"")
            }
        }

        @Test("a pod on its node's own network")
        func hostNetwork() async throws {
            let space = try await OnACluster.space()
            try await space.ok(
                "run host --image=busybox --image-pull-policy=IfNotPresent "
                    + #"--overrides='{"spec":{"hostNetwork":true,"nodeName":"minikube-m03","terminationGracePeriodSeconds":1}}' "#
                    + "-- sh -c 'exec httpd -f -p 18098'")
            try await space.ok("wait --for=condition=Ready pod/host --timeout=60s", seconds: 70)
            #expect(
                try await space.ok("get pod host -o jsonpath='{.status.podIP} {.status.hostIP}'")
                    == "192.168.49.4 192.168.49.4")
            #expect(try await space.ok("exec host -- ip -4 -o addr show eth0").contains("192.168.49.4/24"))
            #expect(try await space.ok("exec host -- hostname") == "minikube-m03")
            #expect(
                try await space.cluster.box.shell(
                    "curl -s --max-time 3 -o /dev/null -w '%{http_code}' http://192.168.49.4:18098/"
                ).out
                    == "404")
        }
    }
}
