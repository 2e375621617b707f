import JSON
import KubeModel

/// Tokens with which new nodes introduce themselves: `ID.SECRET`, kept in secrets of `kube-system`.
package struct BootstrapTokens: TokenAuthenticator {
    private let reader: any ObjectReader
    private let clock: WallClock

    package init(reader: any ObjectReader, clock: @escaping WallClock = systemTime) {
        self.reader = reader
        self.clock = clock
    }

    package func authenticate(token: String, audiences: [String]) async throws(CredentialFault) -> AuthenticatedUser? {
        guard let (id, secret) = Self.parse(token) else { return nil }
        guard
            let object = reader.object(
                group: "", resource: "secrets", namespace: "kube-system", name: "bootstrap-token-\(id)"),
            object["metadata", "deletionTimestamp"].isNull, object["type"] == "bootstrap.kubernetes.io/token",
            Self.isEqual(Array(secret.utf8), Self.data(object, "token-secret")),
            Self.text(object, "token-id") == id, !hasExpired(object),
            Self.text(object, "usage-bootstrap-authentication") == "true", let groups = Self.groups(object)
        else { return nil }
        return AuthenticatedUser(
            user: UserInfo(name: "system:bootstrap:\(id)", groups: groups), audiences: audiences)
    }

    /// `[a-z0-9]{6}.[a-z0-9]{16}`; nil for other text.
    static func parse(_ token: String) -> (id: String, secret: String)? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == 6, parts[1].utf8.count == 16,
            parts.allSatisfy({ $0.utf8.allSatisfy(isLetterOrDigit) })
        else { return nil }
        return (String(parts[0]), String(parts[1]))
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func data(_ secret: JSON, _ key: String) -> [UInt8] {
        secret["data", key].string.flatMap(decodeBase64) ?? []
    }

    private static func text(_ secret: JSON, _ key: String) -> String {
        String(decoding: data(secret, key), as: UTF8.self)
    }

    /// Takes as long for a wrong secret as for the right one.
    private static func isEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        guard a.count == b.count else { return false }
        var difference: UInt8 = 0
        for (x, y) in zip(a, b) { difference |= x ^ y }
        return difference == 0
    }

    private func hasExpired(_ secret: JSON) -> Bool {
        let text = Self.text(secret, "expiration")
        guard !text.isEmpty else { return false }
        guard let time = try? Timestamp(parsing: text) else { return true }
        return time.time <= clock()
    }

    /// `system:bootstrappers` and those of `auth-extra-groups`; nil when one of these isn't allowed.
    private static func groups(_ secret: JSON) -> [String]? {
        var groups: Set<String> = ["system:bootstrappers"]
        let extra = text(secret, "auth-extra-groups")
        if !extra.isEmpty {
            for group in extra.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
                guard isBootstrapGroup(group) else { return nil }
                groups.insert(group)
            }
        }
        return groups.sorted()
    }

    /// `\Asystem:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]\z`.
    private static func isBootstrapGroup(_ group: String) -> Bool {
        let prefix = "system:bootstrappers:"
        guard group.hasPrefix(prefix) else { return false }
        let rest = Array(group.utf8.dropFirst(prefix.utf8.count))
        guard let last = rest.last, rest.count <= 256, isLetterOrDigit(last) else { return false }
        return rest.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "-") }
    }
}
