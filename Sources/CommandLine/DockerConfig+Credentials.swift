import Fault
import JSON

/// Who somebody is at a registry, as config files and credential helpers keep it.
package struct RegistryCredentials: Sendable, Equatable {
    package var username: String
    package var password: String
    /// A refresh token in place of the password; empty: none.
    package var identityToken: String
    /// The key it was found under: `https://index.docker.io/v1/`, `localhost:5000`.
    package var serverAddress: String

    package init(username: String, password: String, identityToken: String = "", serverAddress: String) {
        self.username = username
        self.password = password
        self.identityToken = identityToken
        self.serverAddress = serverAddress
    }

    /// The document of `X-Registry-Auth` and of `POST /auth` (Engine API, "AuthConfig").
    package var json: JSON {
        var json: JSON = ["username": .string(username)]
        if identityToken.isEmpty {
            json["password"] = .string(password)
        } else {
            json["identitytoken"] = .string(identityToken)
        }
        json["serveraddress"] = .string(serverAddress)
        return json
    }

    /// The value of the `X-Registry-Auth` header.
    package var header: String { DockerConfig.authHeader(json) }
}

/// Where `store` put a password.
package enum CredentialPlace: Sendable, Equatable {
    /// Unencrypted, in this file.
    case file(String)
    /// With `docker-credential-NAME`.
    case helper(String)
    /// They stood in the file already.
    case unchanged
}

extension DockerConfig {
    enum Limit {
        /// Largest config file, and largest answer of a helper, in bytes.
        static let fileBytes = 8 << 20
    }

    /// The key for a registry as references name it (`docker.io`, `localhost:5000`), or as `docker login` got it.
    package static func serverAddress(for registry: String) -> String {
        ["", "docker.io", "index.docker.io", "registry-1.docker.io", hubAddress].contains(registry)
            ? hubAddress : registry
    }

    /// The base64 text that carries an AuthConfig document in a header (RFC 4648 section 5, padded).
    package static func authHeader(_ json: JSON) -> String {
        String(
            encodeBase64(json.bytes()).map { character -> Character in
                character == "+" ? "-" : character == "/" ? "_" : character
            })
    }

    /// The credentials for a registry; nil when there are none. May run a credential helper, so it blocks.
    package func credentials(for registry: String) throws(Fault) -> RegistryCredentials? {
        let server = Self.serverAddress(for: registry)
        if let helper = helper(for: server) { return try helper.get(server) }
        return fileCredentials(server)
    }

    /// All there are, by server: what `docker build` sends along.
    package func allCredentials() throws(Fault) -> [String: RegistryCredentials] {
        var all: [String: RegistryCredentials] = [:]
        var servers = Set(json["auths"].object?.names ?? [])
        servers.formUnion(json["credHelpers"].object?.names ?? [])
        for server in servers { if let found = try credentials(for: server) { all[server] = found } }
        return all
    }

    /// Keeps the credentials where the configuration says, and saves it.
    package mutating func store(_ credentials: RegistryCredentials) throws(Fault) -> CredentialPlace {
        let server = Self.serverAddress(for: credentials.serverAddress)
        if let helper = helper(for: server) {
            try helper.store(credentials, server)
            if json["auths"].object == nil { json["auths"] = [:] }
            json["auths"][server] = [:]  // so that it is known where one is logged in
            try save()
            return .helper(helper.name)
        }
        var entry: JSON = [:]
        entry["auth"] = .string(encodeBase64(Array("\(credentials.username):\(credentials.password)".utf8)))
        if !credentials.identityToken.isEmpty {
            entry["auth"] = .string(encodeBase64(Array("\(credentials.username):".utf8)))
            entry["identitytoken"] = .string(credentials.identityToken)
        }
        if json["auths"][server] == entry { return .unchanged }
        if json["auths"].object == nil { json["auths"] = [:] }
        json["auths"][server] = entry
        try save()
        return .file(path)
    }

    /// Forgets the registry's credentials and saves. False when there were none.
    package mutating func erase(_ registry: String) throws(Fault) -> Bool {
        let server = Self.serverAddress(for: registry)
        var had = false
        if let helper = helper(for: server) {
            had = try helper.get(server) != nil
            try helper.erase(server)
        }
        let keys = (json["auths"].object?.names ?? []).filter { $0 == server || Self.host($0) == Self.host(server) }
        for key in keys {
            json["auths"].remove(key)
            had = true
        }
        if !keys.isEmpty { try save() }
        return had
    }

    private func helper(for server: String) -> CredentialHelper? {
        let own = json["credHelpers"][server].string ?? json["credHelpers"][Self.host(server)].string
        guard let name = own ?? json["credsStore"].string, !name.isEmpty else { return nil }
        return CredentialHelper(name: name)
    }

    private func fileCredentials(_ server: String) -> RegistryCredentials? {
        let auths = json["auths"].object ?? JSONObject()
        // Old clients wrote whole addresses: `https://localhost:5000/v1/`.
        guard let entry = auths[server] ?? auths.first(where: { Self.host($0.key) == Self.host(server) })?.value else {
            return nil
        }
        var found = RegistryCredentials(
            username: entry["username"].string ?? "", password: entry["password"].string ?? "",
            identityToken: entry["identitytoken"].string ?? "", serverAddress: server)
        if let packed = entry["auth"].string.flatMap(decodeBase64) {
            let pair = String(decoding: packed, as: UTF8.self).split(
                separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            found.username = String(pair[0])
            found.password = pair.count > 1 ? String(pair[1].filter { $0 != "\0" }) : ""
        }
        return found.username.isEmpty && found.identityToken.isEmpty ? nil : found
    }

    /// `localhost:5000` of `https://localhost:5000/v1/`.
    private static func host(_ address: String) -> String {
        var rest = Substring(address)
        for scheme in ["https://", "http://"] where rest.hasPrefix(scheme) { rest = rest.dropFirst(scheme.count) }
        return String(rest.prefix { $0 != "/" })
    }
}
