import Fault

/// A version of the Docker Engine API, as it stands in a path: `/v1.47/…`.
package struct APIVersion: Sendable, Comparable, CustomStringConvertible {
    let major: Int, minor: Int

    static let newest = APIVersion(major: 1, minor: 51)
    static let oldest = APIVersion(major: 1, minor: 44)

    package var description: String { "\(major).\(minor)" }

    package static func < (a: APIVersion, b: APIVersion) -> Bool { (a.major, a.minor) < (b.major, b.minor) }

    init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// Nil when `text` isn't digits, a dot and digits.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let major = Int(parts[0]), let minor = Int(parts[1])
        else { return nil }
        self.init(major: major, minor: minor)
    }

    /// Splits `/v1.47/info` into version and path. A path without a version speaks the newest one.
    static func split(_ path: String) throws(Fault) -> (APIVersion, path: Substring) {
        let rest = path[...]
        guard rest.hasPrefix("/v"), let end = rest.dropFirst().firstIndex(of: "/"),
            let version = APIVersion(rest[..<end].dropFirst(2))
        else { return (newest, rest) }
        guard version <= newest else {
            throw Fault(.invalid, "client version \(version) is too new. Maximum supported API version is \(newest)")
        }
        guard version >= oldest else {
            throw Fault(
                .invalid,
                "client version \(version) is too old. Minimum supported API version is \(oldest), please upgrade your client to a newer version"
            )
        }
        return (version, rest[end...])
    }
}
