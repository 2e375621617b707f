import Foundation
import JSON
import KubeClient
import KubeModel
import Logging
import Testing

@testable import KubectlCLI

@Suite(.serialized) struct RemoteAPITests {
    @Test("an informer follows a server behind TLS as it follows one in its own process")
    func informer() async throws {
        try await Cluster.with { (cluster: Cluster) async throws in
            let connection = try cluster.connection()
            let api = RemoteAPI(connection, manager: "test")
            let informer = Informer(api, .configMaps, namespace: "default", log: Logger(label: "test"))
            let running = Task { await informer.run() }
            await informer.synced()
            let made = try await api.create(
                .configMaps, ["metadata": ["name": "a", "namespace": "default"], "data": ["x": "1"]])
            await informer.reached(made)
            #expect(informer.object("default", "a")?["data"]["x"].string == "1")
            let patched = try await api.patch(
                .configMaps, "default", "a", subresource: "", .merge(["data": ["x": "2"]]))
            await informer.reached(patched)
            #expect(informer.object("default", "a")?["data"]["x"].string == "2")
            #expect(patched["metadata"]["managedFields"][0]["manager"].string == "test")
            try await api.delete(.configMaps, made)
            do throws(APIStatus) {
                _ = try await api.get(.configMaps, "default", "a")
                Issue.record("it is still there")
            } catch { #expect(error.reason == "NotFound" && error.code == 404) }
            running.cancel()
            await running.value
            await connection.shutdown()
        }
    }

    @Test("no answer is an error of code 0 with the sentence that helps")
    func refused() async throws {
        var overrides = ClusterOverrides()
        overrides.server = "http://127.0.0.1:1"
        let api = RemoteAPI(KubeConnection(try ClusterTarget(Kubeconfig(), overrides), agent: "test"))
        do throws(APIStatus) {
            _ = try await api.list(.pods)
            Issue.record("somebody listens")
        } catch {
            #expect(error.code == 0)
            #expect(error.message.hasPrefix("The connection to the server 127.0.0.1:1 was refused"))
        }
    }
}
