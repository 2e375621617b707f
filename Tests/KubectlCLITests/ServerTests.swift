import Testing

@testable import KubectlCLI

@Suite(.serialized) struct ServerTests {
    @Test("objects are made, shown, changed and deleted")
    func lifeOfAnObject() async throws {
        try await Cluster.with { (cluster: Cluster) async throws in
            #expect(
                await cluster.run("create", "deployment", "web", "--image=nginx").out == "deployment.apps/web created\n"
            )
            #expect(await cluster.run("get", "deploy", "web", "-o", "jsonpath={.spec.replicas}").out == "1")
            #expect(await cluster.run("scale", "deploy/web", "--replicas=3").out == "deployment.apps/web scaled\n")
            #expect(
                await cluster.run("set", "image", "deploy/web", "nginx=nginx:2").out
                    == "deployment.apps/web image updated\n")
            #expect(await cluster.run("label", "deploy", "web", "a=b").out == "deployment.apps/web labeled\n")
            #expect(await cluster.run("expose", "deploy", "web", "--port=80").out == "service/web exposed\n")
            #expect(
                await cluster.run("get", "deploy,svc", "-o", "name").out
                    == "deployment.apps/web\nservice/kubernetes\nservice/web\n")
            let gone = await cluster.run("delete", "deploy", "web")
            #expect(gone.out == "deployment.apps \"web\" deleted from default namespace\n")
            #expect(
                await cluster.run("get", "deploy", "web").err
                    == "Error from server (NotFound): deployments.apps \"web\" not found\n")
            #expect(await cluster.run("get", "deploy").err == "No resources found in default namespace.\n")
        }
    }

    @Test("apply says created, unchanged and configured, and removes what the file says no more")
    func apply() async throws {
        try await Cluster.with { (cluster: Cluster) async throws in
            func manifest(_ data: String) -> String {
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {\(data)}\n"
            }
            #expect(
                await cluster.run("apply", "-f", "-", input: manifest("a: '1', b: '2'")).out == "configmap/c created\n")
            #expect(
                await cluster.run("apply", "-f", "-", input: manifest("a: '1', b: '2'")).out
                    == "configmap/c unchanged\n")
            #expect(
                await cluster.run("patch", "cm", "c", "-p", "{\"data\":{\"other\":\"x\"}}").out
                    == "configmap/c patched\n")
            #expect(await cluster.run("apply", "-f", "-", input: manifest("a: '3'")).out == "configmap/c configured\n")
            #expect(
                await cluster.run("get", "cm", "c", "-o", "jsonpath={.data}").out == "{\"a\":\"3\",\"other\":\"x\"}")
            let conflict = await cluster.run(
                "apply", "--server-side", "--field-manager=other", "-f", "-", input: manifest("a: '4'"))
            #expect(conflict.code == 1)
            #expect(
                conflict.err.hasPrefix(
                    "error: Apply failed with 1 conflict: conflict with \"kubectl-client-side-apply\""))
            #expect(
                await cluster.run("apply", "--server-side", "--force-conflicts", "-f", "-", input: manifest("a: '4'"))
                    .out
                    == "configmap/c serverside-applied\n")
        }
    }

    @Test("a wait ends when the condition is met, and tells when it isn't in time")
    func waiting() async throws {
        try await Cluster.with { (cluster: Cluster) async throws in
            _ = await cluster.run("create", "configmap", "c", "--from-literal=a=1")
            async let waited = cluster.run("wait", "--for=jsonpath={.data.a}=2", "cm/c", "--timeout=20s")
            _ = await cluster.run("patch", "cm", "c", "-p", "{\"data\":{\"a\":\"2\"}}")
            #expect(await waited.out == "configmap/c condition met\n")
            let late = await cluster.run("wait", "--for=delete", "cm/c", "--timeout=100ms")
            #expect(late.err == "error: timed out waiting for the condition on configmaps/c\n")
            #expect(
                await cluster.run("wait", "--for=condition=x", "cm/none").err
                    == "Error from server (NotFound): configmaps \"none\" not found\n")
        }
    }
}
