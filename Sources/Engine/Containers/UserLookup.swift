import ContainerRuntime
import Fault
import JSON
import Linux

/// `USER[:GROUP]` of a container resolved with the files in its own root, which aren't to be trusted.
package struct UserLookup: Sendable, Equatable {
    package var uid: UInt32 = 0, gid: UInt32 = 0
    var additional: [UInt32] = []
    var home = "/"

    /// The runtime-spec's process user. The primary group is among the supplementary ones, as login(1) and Docker
    /// have it.
    var json: JSON {
        [
            "uid": JSON(uid), "gid": JSON(gid),
            "additionalGids": .array(([gid] + additional.filter { $0 != gid }).map { JSON($0) }),
        ]
    }

    /// Throws `invalid` in Docker's words. Blocking.
    package static func resolve(_ text: String, groups: [String], in root: SafeRoot) throws -> UserLookup {
        let found = try resolveUser(text, root: root)
        let extra = groups.isEmpty ? [] : try resolveGroups(groups, root: root)
        return UserLookup(
            uid: found.uid, gid: found.gid, additional: found.additionalGroups + extra,
            home: found.home.flatMap { $0.isEmpty ? nil : $0 } ?? "/")
    }
}
