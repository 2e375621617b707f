import Foundation
import TestKit
import Testing

/// Paths that the original has no route for, or another method at.
@Suite("paths of the Kubernetes API", .serialized, .enabled(if: KubeSandbox.hasKubectl))
struct KubeRoutesTests {
    @Test("odd paths are refused, change nothing, and leave the server up")
    func oddPaths() async throws {
        try await KubeSandbox.with { (box: KubeSandbox) async throws in
            #expect(try await box.refused("get", "--raw", "/openapi").contains("NotFound"))
            #expect(try await box.ok("create", "configmap", "a", "-o", "name") == "configmap/a")
            #expect(try await box.ok("create", "configmap", "b", "-o", "name") == "configmap/b")
            #expect(try await box.refused("delete", "--raw", "/api/v1/configmaps").contains("MethodNotAllowed"))
            #expect(
                try await box.refused("get", "--raw", "/api/v1/configmaps/a").contains(
                    "the server could not find the requested resource"))
            let one = try await box.ok("get", "--raw", "/api/v1/namespaces/default/configmaps/a?watch=1")
            #expect(one.contains(#""name":"a""#) && !one.contains("ADDED") && !one.contains(#""name":"b""#))
            let watched = try await box.ok(
                "get", "--raw", "/api/v1/watch/namespaces/default/configmaps/b?timeoutSeconds=1")
            #expect(watched.contains("ADDED") && watched.contains(#""name":"b""#) && !watched.contains(#""name":"a""#))
        }
    }

    @Test("who creates an object owns nothing that the server adds")
    func ownership() async throws {
        try await KubeSandbox.with { (box: KubeSandbox) async throws in
            try await until("the default account") {
                try await box.kubectl("get", "serviceaccount", "default").status == 0
            }
            #expect(try await box.ok("run", "a", "--image=a:1") == "pod/a created")
            let pod = try await box.ok(
                "get", "pod", "a", "--show-managed-fields", "-o", "jsonpath={.metadata.managedFields}")
            #expect(pod.contains("f:restartPolicy") && pod.contains("f:image"))
            #expect(!pod.contains("f:serviceAccountName") && !pod.contains("f:volumes") && !pod.contains("f:priority"))
            #expect(try await box.ok("create", "service", "clusterip", "a", "--tcp=80") == "service/a created")
            let service = try await box.ok(
                "get", "service", "a", "--show-managed-fields", "-o", "jsonpath={.metadata.managedFields}")
            #expect(
                service.contains("f:ports") && !service.contains("f:clusterIP") && !service.contains("f:ipFamilies"))
        }
    }
}
