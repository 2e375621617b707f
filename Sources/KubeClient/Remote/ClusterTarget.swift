import Fault
import JSON
import Wire

/// What a command line says instead of the configuration; "" and nil: nothing.
package struct ClusterOverrides: Sendable {
    package var context = "", cluster = "", user = "", namespace = ""
    package var server = "", authority = "", serverName = ""
    package var skipsVerification: Bool?
    package var certificate = "", key = "", token = "", userName = "", password = ""
    package var impersonates = "", impersonatedID = ""
    package var impersonatedGroups: [String] = []

    package init() {}
}

/// The configuration names something that isn't in it.
package struct WrongConfiguration: Error, CustomStringConvertible {
    package let description: String

    static func context(_ name: String) -> WrongConfiguration {
        WrongConfiguration(description: "context was not found for specified context: \(name)")
    }
}

/// A server and how to speak to it, out of the configuration.
package struct ClusterTarget: Sendable {
    package enum Credential: Sendable {
        case none
        case token(String)
        /// Read anew for each connection: tokens in files are renewed.
        case tokenFile(String)
        case basic(user: String, password: String)
        case program(CredentialProgram)
    }

    /// `https://127.0.0.1:6443`, perhaps with a path.
    package let server: String
    package let host: String, port: Int
    /// Before every request's path; no slash at its end.
    package let basePath: String
    package let tls: TLSMaterial?
    package private(set) var credential: Credential
    /// `Impersonate-…` headers.
    package let impersonation: [(String, String)]

    /// `localhost:8080`, as it was written.
    package var hostText: String {
        let rest = server.split(separator: "/", omittingEmptySubsequences: true)
        return rest.count > 1 ? String(rest[1]) : server
    }
}

extension ClusterTarget {
    /// What is used when nothing is configured.
    private static let fallbackServer = "http://localhost:8080"

    package init(_ config: Kubeconfig, _ overrides: ClusterOverrides = ClusterOverrides()) throws {
        let context = try Self.context(config, overrides)
        let cluster = try Self.cluster(config, overrides, context)
        let user = try Self.user(config, overrides, context)
        server =
            [overrides.server, cluster.settings["server"].string ?? ""].first { !$0.isEmpty } ?? Self.fallbackServer
        let url = try Self.parse(server)
        (host, port, basePath) = (url.host, url.port, url.path)
        tls = url.isTLS ? try Self.material(overrides, cluster, user) : nil
        credential = try Self.credential(overrides, user)
        impersonation = Self.impersonation(overrides, user.settings)
    }

    /// A server that is known without a configuration.
    package init(server: String, tls: TLSMaterial?, credential: Credential) throws(Fault) {
        let url = try Self.parse(server)
        self.server = server
        (host, port, basePath) = (url.host, url.port, url.path)
        self.tls = url.isTLS ? tls : nil
        self.credential = credential
        impersonation = []
    }

    /// The server of the cluster that this process runs in, with the pod's own account; nil outside of pods.
    package static func ofPod(_ environment: [String: String]) throws -> ClusterTarget? {
        guard let host = environment["KUBERNETES_SERVICE_HOST"], let port = environment["KUBERNETES_SERVICE_PORT"],
            !host.isEmpty, try SmallFile.read(podFolder + "/token", limit: 1 << 20) != nil
        else { return nil }
        var overrides = ClusterOverrides()
        overrides.server = "https://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        overrides.authority = podFolder + "/ca.crt"
        var target = try ClusterTarget(Kubeconfig(), overrides)
        target.credential = .tokenFile(podFolder + "/token")
        return target
    }

    /// The namespace of the pod that this process runs in; nil outside of pods.
    package static var podNamespace: String? {
        let bytes = try? SmallFile.read(podFolder + "/namespace", limit: 1 << 10)
        return bytes.map { String(decoding: $0, as: UTF8.self) }
    }

    private static let podFolder = "/var/run/secrets/kubernetes.io/serviceaccount"

    private typealias Entry = (settings: JSON, folder: String)

    /// The namespace that the context in force names; "" for none.
    package static func namespace(_ config: Kubeconfig, _ overrides: ClusterOverrides) throws -> String {
        if !overrides.namespace.isEmpty { return overrides.namespace }
        return try context(config, overrides)["namespace"].string ?? ""
    }

    private static func context(_ config: Kubeconfig, _ overrides: ClusterOverrides) throws -> JSON {
        let name = overrides.context.isEmpty ? config.currentContext : overrides.context
        guard !name.isEmpty else { return [:] }
        if let found = config.entry(.contexts, name) { return found }
        if overrides.context.isEmpty {
            return [:]
        }
        throw WrongConfiguration.context(name)
    }

    private static func cluster(_ config: Kubeconfig, _ overrides: ClusterOverrides, _ context: JSON)
        throws -> Entry
    {
        let name = overrides.cluster.isEmpty ? context["cluster"].string ?? "" : overrides.cluster
        guard !name.isEmpty else { return ([:], "") }
        if let found = config.entry(.clusters, name) { return (found, folder(config.origin(.clusters, name))) }
        if overrides.cluster.isEmpty, !overrides.server.isEmpty { return ([:], "") }
        throw Fault(.notFound, "no server found for cluster \"\(name)\"")
    }

    private static func user(_ config: Kubeconfig, _ overrides: ClusterOverrides, _ context: JSON)
        throws -> Entry
    {
        let name = overrides.user.isEmpty ? context["user"].string ?? "" : overrides.user
        guard !name.isEmpty else { return ([:], "") }
        if let found = config.entry(.users, name) { return (found, folder(config.origin(.users, name))) }
        throw Fault(.notFound, "auth info \"\(name)\" does not exist")
    }

    private static func folder(_ path: String?) -> String {
        guard let path, let slash = path.lastIndex(of: "/") else { return "." }
        return String(path[..<slash])
    }

    /// Paths in a file are relative to its folder.
    private static func absolute(_ path: String, _ folder: String) -> String {
        path.hasPrefix("/") || folder.isEmpty ? path : "\(folder)/\(path)"
    }

    // MARK: TLS

    private static func material(_ overrides: ClusterOverrides, _ cluster: Entry, _ user: Entry) throws(Fault)
        -> TLSMaterial
    {
        var material = TLSMaterial()
        material.verify =
            !(overrides.skipsVerification ?? cluster.settings["insecure-skip-tls-verify"].bool ?? false)
        material.serverName = [overrides.serverName, cluster.settings["tls-server-name"].string ?? ""]
            .first { !$0.isEmpty }
        material.authority = try pem(
            overrides.authority, cluster, "certificate-authority", "unable to read certificate-authority")
        material.certificate = try pem(
            overrides.certificate, user, "client-certificate", "unable to read client-cert")
        material.key = try pem(overrides.key, user, "client-key", "unable to read client-key")
        return material
    }

    private static func pem(_ given: String, _ entry: Entry, _ member: String, _ complaint: String) throws(Fault)
        -> [UInt8]?
    {
        if !given.isEmpty { return try file(given, complaint) }
        if let data = entry.settings["\(member)-data"].string, !data.isEmpty {
            guard let bytes = decodeBase64(data) else {
                throw Fault(.invalid, "\(member)-data is no base64")
            }
            return bytes
        }
        guard let path = entry.settings[member].string, !path.isEmpty else { return nil }
        return try file(absolute(path, entry.folder), complaint)
    }

    private static func file(_ path: String, _ complaint: String) throws(Fault) -> [UInt8] {
        do throws(Fault) { return try SmallFile.need(path) } catch {
            throw Fault(.invalid, "\(complaint) \(path) due to \(error.message)")
        }
    }

    // MARK: Who asks

    private static func credential(_ overrides: ClusterOverrides, _ user: Entry) throws(Fault) -> Credential {
        if !overrides.token.isEmpty { return .token(overrides.token) }
        if !overrides.userName.isEmpty {
            return .basic(user: overrides.userName, password: overrides.password)
        }
        let settings = user.settings
        if let path = settings["tokenFile"].string, !path.isEmpty { return .tokenFile(absolute(path, user.folder)) }
        if let token = settings["token"].string, !token.isEmpty { return .token(token) }
        if let name = settings["username"].string, !name.isEmpty {
            return .basic(user: name, password: settings["password"].string ?? "")
        }
        if settings["exec"].object != nil {
            return .program(try CredentialProgram(settings["exec"], folder: user.folder))
        }
        return .none
    }

    private static func impersonation(_ overrides: ClusterOverrides, _ user: JSON) -> [(String, String)] {
        var headers: [(String, String)] = []
        let name = overrides.impersonates.isEmpty ? user["as"].string ?? "" : overrides.impersonates
        let id = overrides.impersonatedID.isEmpty ? user["as-uid"].string ?? "" : overrides.impersonatedID
        let groups = overrides.impersonatedGroups.isEmpty ? user["as-groups"].strings : overrides.impersonatedGroups
        if !name.isEmpty { headers.append(("Impersonate-User", name)) }
        if !id.isEmpty { headers.append(("Impersonate-Uid", id)) }
        headers += groups.map { ("Impersonate-Group", $0) }
        for (key, values) in user["as-user-extra"].object ?? JSONObject() {
            headers += values.strings.map { ("Impersonate-Extra-\(key)", $0) }
        }
        return headers
    }

    // MARK: The address

    private static let plainPort = 80, tlsPort = 443

    private static func parse(_ server: String) throws(Fault) -> (host: String, port: Int, path: String, isTLS: Bool) {
        var rest = server[...]
        var isTLS = false
        if rest.hasPrefix("https://") {
            isTLS = true
            rest = rest.dropFirst("https://".count)
        } else if rest.hasPrefix("http://") {
            rest = rest.dropFirst("http://".count)
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        var path = String(rest[slash...])
        while path.hasSuffix("/") { path.removeLast() }
        var host = String(rest[..<slash])
        var port = isTLS ? tlsPort : plainPort
        if let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") {
            guard let number = Int(host[host.index(after: colon)...]), (1...65_535).contains(number) else {
                throw Fault(.invalid, "the server's address has no valid port: \(server)")
            }
            port = number
            host = String(host[..<colon])
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        return (host, port, path, isTLS)
    }
}
