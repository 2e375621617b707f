import Foundation
import JSON
import KubeModel
import Testing
import Wire

@testable import KubeClient

@Suite struct KubeconfigTests {
    private static func folder() throws -> String {
        let path = NSTemporaryDirectory() + "hako-kubeconfig-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    private static func write(_ text: String, _ path: String) throws {
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    private static let first = """
        apiVersion: v1
        kind: Config
        current-context: a
        clusters:
        - name: c
          cluster: {server: "https://one:6443", extra: kept}
        contexts:
        - name: a
          context: {cluster: c, user: u, namespace: mine}
        mine: stays
        """
    private static let second = """
        apiVersion: v1
        kind: Config
        current-context: b
        clusters:
        - name: c
          cluster: {server: "https://two:6443"}
        users:
        - name: u
          user: {token: secret}
        """

    @Test("of several files an earlier one's entries win, and a change goes to the file that has the entry")
    func merges() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Self.write(Self.first, folder + "/1")
        try Self.write(Self.second, folder + "/2")
        let environment = ["KUBECONFIG": "\(folder)/1:\(folder)/2:\(folder)/none"]
        var config = try Kubeconfig.load(environment)
        #expect(config.currentContext == "a")
        #expect(config.entry(.clusters, "c")?["server"].string == "https://one:6443")
        #expect(config.names(.users) == ["u"])
        config.set(.users, "u", ["token": "other"])
        config.setCurrentContext("z")
        config.set(.contexts, "new", ["cluster": "c", "user": "u"])
        try config.save()
        let one = try YAML.parse(Array(try Data(contentsOf: URL(fileURLWithPath: folder + "/1")))).value
        let two = try YAML.parse(Array(try Data(contentsOf: URL(fileURLWithPath: folder + "/2")))).value
        #expect(one["current-context"].string == "z")
        #expect(two["current-context"].string == "b")
        #expect(one["mine"].string == "stays")
        #expect(one["clusters"][0]["cluster"]["extra"].string == "kept")
        #expect(one["contexts"].array?.count == 2)
        #expect(two["users"][0]["user"]["token"].string == "other")
        #expect(!FileManager.default.fileExists(atPath: folder + "/none"))
        #expect(!FileManager.default.fileExists(atPath: folder + "/1.lock"))
    }

    @Test("a target is made of the context's cluster and user, and overrides win")
    func target() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Self.write(Self.first + "\nusers:\n- name: u\n  user: {token: secret}\n", folder + "/1")
        let config = try Kubeconfig.load(explicit: folder + "/1", [:])
        let target = try ClusterTarget(config)
        #expect(target.server == "https://one:6443")
        #expect(target.host == "one" && target.port == 6443)
        #expect(target.tls != nil)
        guard case .token("secret") = target.credential else { throw WrongConfiguration.context("token") }
        #expect(try ClusterTarget.namespace(config, ClusterOverrides()) == "mine")
        var overrides = ClusterOverrides()
        overrides.server = "http://[::1]:8001/base/"
        let other = try ClusterTarget(config, overrides)
        #expect(other.host == "::1" && other.port == 8001 && other.basePath == "/base" && other.tls == nil)
        #expect(other.hostText == "[::1]:8001")
    }

    @Test("a context, cluster or user that isn't there is named")
    func missing() throws {
        let config = Kubeconfig()
        #expect(try ClusterTarget(config).server == "http://localhost:8080")
        for (set, text) in [
            (\ClusterOverrides.context, "context was not found for specified context: x"),
            (\ClusterOverrides.cluster, "no server found for cluster \"x\""),
            (\ClusterOverrides.user, "auth info \"x\" does not exist"),
        ] {
            var overrides = ClusterOverrides()
            overrides[keyPath: set] = "x"
            do {
                _ = try ClusterTarget(config, overrides)
                Issue.record("\(text) was not told")
            } catch { #expect("\(error)" == text) }
        }
    }

    @Test("credentials in files are read relative to the configuration's folder")
    func relativeFiles() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Self.write("PEM", folder + "/ca.crt")
        try Self.write(
            "current-context: a\nclusters: [{name: c, cluster: {server: 'https://h', certificate-authority: ca.crt}}]\ncontexts: [{name: a, context: {cluster: c, user: ''}}]\n",
            folder + "/config")
        let target = try ClusterTarget(try Kubeconfig.load(explicit: folder + "/config", [:]))
        #expect(target.tls?.authority == Array("PEM".utf8))
        #expect(target.port == 443)
    }
}
