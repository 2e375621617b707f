import Fault
import Linux

/// Who a process runs as, once names have been looked up.
package struct ResolvedUser: Sendable, Equatable {
    package var uid: UInt32
    package var gid: UInt32
    /// Groups of which /etc/group says that the user is a member; not looked at when the group was given.
    package var additionalGroups: [UInt32]
    /// From /etc/passwd; nil when the user has no line there.
    package var home: String?
    /// From /etc/passwd; nil as above.
    package var name: String?

    package init(uid: UInt32, gid: UInt32, additionalGroups: [UInt32] = [], home: String? = nil, name: String? = nil) {
        self.uid = uid
        self.gid = gid
        self.additionalGroups = additionalGroups
        self.home = home
        self.name = name
    }
}

/// Looks up "user", "user:group", "uid", "uid:gid" or "" (root) in the image's own /etc/passwd and /etc/group, with
/// Docker's meanings and words. Numbers need no line in either file.
package func resolveUser(_ spec: String, root: SafeRoot) throws(Fault) -> ResolvedUser {
    try UserDatabase(root: root).resolve(spec)
}

/// Additional groups (`--group-add`): names or numbers.
package func resolveGroups(_ names: [String], root: SafeRoot) throws(Fault) -> [UInt32] {
    try UserDatabase(root: root).groups(names)
}

/// The two files, read once.
struct UserDatabase {
    struct User: Equatable {
        var name: String
        var uid: Int
        var gid: Int
        var home: String
    }
    struct Group: Equatable {
        var name: String
        var gid: Int
        var members: [String]
    }

    enum Limit {
        /// Largest id that Docker takes, for users and groups alike.
        static let id = Int(Int32.max)
    }

    private(set) var users: [User]
    private(set) var knownGroups: [Group]

    init(root: SafeRoot) throws(Fault) {
        do throws(KernelError) {
            self.init(passwd: try root.read("/etc/passwd") ?? [], group: try root.read("/etc/group") ?? [])
        } catch {
            throw Fault(.invalid, "can't read the image's users: \(error)", cause: error)
        }
    }

    init(passwd: [UInt8], group: [UInt8]) {
        users = Self.lines(passwd).compactMap { fields in
            guard fields.count >= 4, let uid = Int(fields[2]), let gid = Int(fields[3]), !fields[0].isEmpty else {
                return nil
            }
            return User(name: fields[0], uid: uid, gid: gid, home: fields.count > 5 ? fields[5] : "")
        }
        knownGroups = Self.lines(group).compactMap { fields in
            guard fields.count >= 3, let gid = Int(fields[2]), !fields[0].isEmpty else { return nil }
            let members = fields.count > 3 ? fields[3].split(separator: ",").map(String.init) : []
            return Group(name: fields[0], gid: gid, members: members)
        }
    }

    private static func lines(_ bytes: [UInt8]) -> [[String]] {
        bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let text = String(decoding: line, as: UTF8.self)
            if text.hasPrefix("#") { return nil }
            return text.split(separator: ":", omittingEmptySubsequences: false).map { String($0.filter { $0 != "\r" }) }
        }
    }

    func resolve(_ spec: String) throws(Fault) -> ResolvedUser {
        let parts = spec.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let userPart = parts.first ?? "", groupPart = parts.count > 1 ? parts[1] : ""
        let number = Int(userPart)
        let match = users.first { user in
            if userPart.isEmpty { return user.uid == 0 }
            return number.map { $0 == user.uid } ?? (user.name == userPart)
        }
        var uid = 0, gid = 0
        if let match {
            (uid, gid) = (match.uid, match.gid)
        } else if !userPart.isEmpty {
            guard let number else {
                throw Fault(.invalid, "unable to find user \(userPart): no matching entries in passwd file")
            }
            uid = number
        }
        var additional: [Int] = []
        if !groupPart.isEmpty {
            gid = try group(groupPart)
        } else if let match {
            additional = knownGroups.filter { $0.members.contains(match.name) }.map(\.gid)
        }
        return ResolvedUser(
            uid: try Self.id(uid), gid: try Self.id(gid),
            additionalGroups: try additional.map { value throws(Fault) in try Self.id(value) },
            home: match?.home, name: match?.name)
    }

    /// Several in, none out twice.
    func groups(_ names: [String]) throws(Fault) -> [UInt32] {
        var found: [UInt32] = []
        for name in names {
            let gid = try Self.id(try group(name))
            if !found.contains(gid) { found.append(gid) }
        }
        return found
    }

    private func group(_ name: String) throws(Fault) -> Int {
        let number = Int(name)
        if let match = knownGroups.first(where: { group in number.map { $0 == group.gid } ?? (group.name == name) }) {
            return match.gid
        }
        guard let number else {
            throw Fault(.invalid, "unable to find group \(name): no matching entries in group file")
        }
        return number
    }

    private static func id(_ number: Int) throws(Fault) -> UInt32 {
        guard (0...Limit.id).contains(number) else {
            throw Fault(.invalid, "uids and gids must be in range 0-\(Limit.id)")
        }
        return UInt32(number)
    }
}
