import Foundation
import TestKit
import Testing

extension OnACluster {
    /// What pods may take of their node's disk.
    @Suite("a pod takes more of the disk than it may", .serialized)
    struct StorageLimitSystemTests {
        private static func pod(_ name: String, command: String, container: String = "", volumes: String = "[]")
            -> String
        {
            """
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: \(name), labels: {app: \(name)}}
            spec:
              terminationGracePeriodSeconds: 1
              nodeName: minikube-m02
              containers:
              - {name: c, image: busybox, imagePullPolicy: IfNotPresent, \
            command: [sh, -c, "\(command); exec sleep 100000"]\(container.isEmpty ? "" : ", " + container)}
              volumes: \(volumes)

            """
        }

        private static func write(_ path: String, _ mebibytes: Int) -> String {
            "dd if=/dev/zero of=\(path) bs=1M count=\(mebibytes) 2>/dev/null"
        }

        /// What a pod that was evicted says of it; else its phase.
        private static func state(_ space: ClusterSpace, _ name: String) async throws -> String {
            let status = try await space.ok(
                "get pod \(name) -o jsonpath='{.status.phase}|{.status.reason}|{.status.message}'")
            return status.replacingOccurrences(of: "Failed|Evicted|", with: "")
        }

        @Test("and is evicted with the original's words; one that keeps to its limits stays")
        func evicted() async throws {
            let space = try await OnACluster.space()
            let mount = "volumeMounts: [{name: v, mountPath: /v}]"
            let limit = "resources: {limits: {ephemeral-storage: 8Mi}}"
            try await space.apply(
                Self.pod(
                    "volume", command: Self.write("/v/x", 12), container: mount,
                    volumes: "[{name: v, emptyDir: {sizeLimit: 10Mi}}]")
                    + Self.pod("layer", command: Self.write("/x", 12), container: limit)
                    + Self.pod(
                        "whole", command: Self.write("/v/x", 6) + "; " + Self.write("/x", 6),
                        container: mount + ", " + limit, volumes: "[{name: v, emptyDir: {}}]")
                    + Self.pod(
                        "good", command: Self.write("/v/x", 4) + "; " + Self.write("/x", 2),
                        container: mount + ", " + limit, volumes: "[{name: v, emptyDir: {sizeLimit: 10Mi}}]"))
            let said = [
                "volume": "Usage of EmptyDir volume \"v\" exceeds the limit \"10Mi\". ",
                // The pod's limit is the sum of its containers', and is looked at first.
                "layer": "Pod ephemeral local storage usage exceeds the total limit of containers 8Mi. ",
                "whole": "Pod ephemeral local storage usage exceeds the total limit of containers 8Mi. ",
            ]
            for (name, message) in said {
                try await until("\(name) is evicted", seconds: 60) { try await Self.state(space, name) == message }
                try await space.tells("Pod/\(name)", "Warning Evicted \(message)")
                let conditions = try await space.ok("get pod \(name) -o jsonpath='{.status.conditions[*].type}'")
                #expect(!conditions.contains("DisruptionTarget"), "\(conditions)")
            }
            #expect(try await space.table("good") == [["1/1", "Running", "0"]])
        }

        @Test("one container of two with its own limit is named")
        func container() async throws {
            let space = try await OnACluster.space()
            let second =
                "[{name: d, image: busybox, imagePullPolicy: IfNotPresent, command: [sleep, '100000'], "
                + "resources: {limits: {ephemeral-storage: 100Mi}}}, "
                + "{name: c, image: busybox, imagePullPolicy: IfNotPresent, command: [sh, -c, \""
                + Self.write("/x", 12) + "; exec sleep 100000\"], resources: {limits: {ephemeral-storage: 8Mi}}}]"
            try await space.apply(
                """
                apiVersion: v1
                kind: Pod
                metadata: {name: two, labels: {app: two}}
                spec: {terminationGracePeriodSeconds: 1, containers: \(second)}

                """)
            let message = "Container c exceeded its local ephemeral storage limit \"8Mi\". "
            try await until("it is evicted", seconds: 60) { try await Self.state(space, "two") == message }
            try await space.tells("Pod/two", "Warning Evicted \(message)")
        }

        @Test("in memory: the volume is as large as its limit, and the write fails")
        func memory() async throws {
            let space = try await OnACluster.space()
            try await space.apply(
                Self.pod(
                    "memory", command: "true", container: "volumeMounts: [{name: v, mountPath: /v}]",
                    volumes: "[{name: v, emptyDir: {medium: Memory, sizeLimit: 4Mi}}]"))
            try await space.until("memory", shows: "1/1", "Running")
            let size = try await space.ok("exec memory -- sh -c 'df -k /v | tail -1 | tr -s \" \" | cut -d\" \" -f2'")
            #expect(size == "4096")
            let written = try await space.kubectl("exec memory -- dd if=/dev/zero of=/v/x bs=1M count=5")
            #expect(written.status != 0 && written.err.contains("No space left on device"), "\(written)")
        }

        @Test("more than any node has: it isn't scheduled, and the event says of what there is too little")
        func unschedulable() async throws {
            let space = try await OnACluster.space()
            let requests = "resources: {requests: {ephemeral-storage: 900Ti}}"
            try await space.apply(Manifest.deployment("huge", container: requests))
            try await space.tells(
                "Pod/huge-",
                "Warning FailedScheduling 0/3 nodes are available: 3 Insufficient ephemeral-storage. <any>")
        }
    }
}
