import Foundation
import TestKit
import Testing

extension OnACluster {
    /// Services and names, from a pod and from the machine.
    @Suite("services and names", .serialized)
    struct Services {
        private func made(_ replicas: Int = 3) async throws -> ClusterSpace {
            let space = try await OnACluster.space()
            try await space.apply(
                Manifest.deployment(
                    "web", replicas: replicas, command: Manifest.webServer,
                    pod: "topologySpreadConstraints: [{maxSkew: 1, topologyKey: kubernetes.io/hostname, "
                        + "whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}]")
                    + Manifest.service("web", type: "ClusterIP"))
            try await space.until("web", shows: "1/1", "Running", count: replicas)
            return space
        }

        @Test("names of every kind are found from a pod")
        func names() async throws {
            let space = try await made()
            let zone = "\(space.name).svc.cluster.local"
            try await space.apply(
                """
                apiVersion: v1
                kind: Service
                metadata: {name: all}
                spec: {clusterIP: None, selector: {app: web}, ports: [{name: http, port: 80}]}
                ---
                apiVersion: v1
                kind: Service
                metadata: {name: out}
                spec: {type: ExternalName, externalName: web.\(zone)}
                """)
            try await space.ok(
                "run look --image=busybox --image-pull-policy=IfNotPresent -- sleep 100000")
            try await space.ok("wait --for=condition=Ready pod/look --timeout=60s", seconds: 70)
            let address = try await space.ok("get service web -o jsonpath='{.spec.clusterIP}'")
            func look(_ name: String, _ type: String = "a") async throws -> String {
                try await space.kubectl("exec look -- nslookup -type=\(type) \(name)").out
            }
            #expect(try await look("web.\(zone)").contains("Address: \(address)\n"))
            let pods = try await space.ok("get pods -l app=web -o jsonpath='{.items[*].status.podIP}'")
            try await until("the headless service's pods") {
                let answer = try await look("all.\(zone)")
                return pods.split(separator: " ").allSatisfy { answer.contains("Address: \($0)\n") }
            }
            let srv = try await look("_http._tcp.all.\(zone)", "srv")
            #expect(srv.contains(".all.\(zone)"), "\(srv)")
            #expect(try await look("out.\(zone)").contains("web.\(zone)"))
            for name in ["web", "web.\(space.name)", "web.\(space.name).svc", "out", "all"] {
                let answer = try await space.kubectl("exec look -- wget -q -O- http://\(name)")
                #expect(answer.out.hasPrefix("web-"), "\(name): \(answer)")
            }
            #expect(try await look("nobody.\(zone)").contains("NXDOMAIN"))
        }

        @Test("a load balancer's address answers on this machine")
        func loadBalancer() async throws {
            let space = try await made()
            try await space.ok("expose deployment web --name=lb --type=LoadBalancer --port=80")
            try await until("an address", seconds: 20) {
                try await !space.ok("get service lb -o jsonpath='{.status.loadBalancer.ingress[0].ip}'").isEmpty
            }
            let address = try await space.ok("get service lb -o jsonpath='{.status.loadBalancer.ingress[0].ip}'")
            try await until("an answer") {
                try await space.cluster.box.shell("curl -s --max-time 2 http://\(address)/").out.hasPrefix("web-")
            }
        }

        @Test("a client stays with its pod where a service asks for that")
        func affinity() async throws {
            let space = try await made()
            try await space.apply(Manifest.service("sticky", app: "web", more: "sessionAffinity: ClientIP"))
            let port = try await space.ok("get service sticky -o jsonpath='{.spec.ports[0].nodePort}'")
            func pods(_ port: String) async throws -> Set<Substring> {
                let line = "for i in $(seq 1 20); do curl -s --max-time 2 http://192.168.49.2:\(port)/; done"
                return Set(try await space.cluster.box.shell(line).out.split(separator: "\n"))
            }
            try await until("an answer") { try await !pods(port).isEmpty }
            #expect(try await pods(port).count == 1)
            try await space.ok(#"patch service sticky -p '{"spec":{"sessionAffinity":"None"}}'"#)
            try await until("others, too") { try await pods(port).count == 3 }
        }

        @Test("with a local traffic policy only the pod's own node answers, and the pod sees its client")
        func localPolicy() async throws {
            let space = try await OnACluster.space()
            try await space.ok(
                "create deployment echo --image=registry.k8s.io/echoserver:1.10")
            try await space.ok(
                #"patch deployment echo -p '{"spec":{"template":{"spec":{"nodeName":"minikube-m02","terminationGracePeriodSeconds":1}}}}'"#
            )
            try await space.ok("expose deployment echo --type=NodePort --port=8080")
            try await space.ok(#"patch service echo -p '{"spec":{"externalTrafficPolicy":"Local"}}'"#)
            try await space.ok("rollout status deployment/echo --timeout=60s", seconds: 70)
            let port = try await space.ok("get service echo -o jsonpath='{.spec.ports[0].nodePort}'")
            let shell = space.cluster.box
            try await until("an answer with the client's address") {
                try await shell.shell("curl -s --max-time 2 http://192.168.49.3:\(port)/").out.contains(
                    "client_address=192.168.49.1\n")
            }
            #expect(try await shell.shell("curl -s --max-time 2 http://192.168.49.2:\(port)/").status != 0)
            try await space.ok(#"patch service echo -p '{"spec":{"externalTrafficPolicy":"Cluster"}}'"#)
            try await until("the other node answers, too") {
                try await shell.shell("curl -s --max-time 2 http://192.168.49.2:\(port)/").status == 0
            }
        }
    }
}
