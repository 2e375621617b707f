/// Who asks, as authentication found out (`authentication.k8s.io` UserInfo).
package struct UserInfo: Sendable, Equatable {
    package var name: String
    package var uid: String
    package var groups: [String]
    package var extra: [String: [String]]

    package init(name: String, uid: String = "", groups: [String] = [], extra: [String: [String]] = [:]) {
        self.name = name
        self.uid = uid
        self.groups = groups
        self.extra = extra
    }

    package static let anonymous = UserInfo(name: "system:anonymous", groups: ["system:unauthenticated"])
    /// The server itself.
    package static let loopback = UserInfo(
        name: "system:apiserver", groups: ["system:masters", "system:authenticated"])
}
