import CLinux
import Fault
import JSON
import Linux

/// `USER[:GROUP]` of a container resolved with the files in its own root, which aren't to be trusted.
struct UserLookup: Sendable, Equatable {
    var uid: UInt32 = 0, gid: UInt32 = 0
    var additional: [UInt32] = []
    var home = "/"

    private static let largestFile = 4 << 20

    /// The runtime-spec's process user.
    var json: JSON {
        var json: JSON = ["uid": JSON(uid), "gid": JSON(gid)]
        // The primary group is among the supplementary ones, as login(1) and Docker have it.
        json["additionalGids"] = .array(([gid] + additional.filter { $0 != gid }).map { JSON($0) })
        return json
    }

    static func resolve(_ text: String, groups: [String], in root: SafeRoot) throws -> UserLookup {
        func file(_ path: String) -> String {
            guard let bytes = try? root.read(path, limit: largestFile) else { return "" }
            return String(decoding: bytes, as: UTF8.self)
        }
        return try resolve(text, groups: groups, passwd: file("/etc/passwd"), group: file("/etc/group"))
    }

    static func resolve(_ text: String, groups: [String], passwd: String, group: String) throws(Fault) -> UserLookup {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let name = parts.first ?? "", groupName = parts.count > 1 ? parts[1] : ""
        var result = UserLookup()
        let users = entries(passwd), known = entries(group)
        var login = "root"
        let wanted = name.isEmpty ? "0" : name
        if let entry = users.first(where: { $0.count >= 6 && ($0[0] == wanted || $0[2] == wanted) }),
            let uid = UInt32(entry[2]), let gid = UInt32(entry[3]) {
            result.uid = uid
            result.gid = gid
            result.home = entry[5].isEmpty ? "/" : entry[5]
            login = entry[0]
        } else if let uid = UInt32(wanted), uid <= UInt32(Int32.max) {
            result.uid = uid
            login = ""
        } else {
            throw Fault(.invalid, "unable to find user \(name): no matching entries in passwd file")
        }
        if groupName.isEmpty {
            result.additional = known.filter {
                $0.count >= 4 && !login.isEmpty && $0[3].split(separator: ",").contains(Substring(login))
            }.compactMap { UInt32($0[2]) }
        } else {
            result.gid = try gid(groupName, known)
        }
        for extra in groups { result.additional.append(try gid(extra, known)) }
        return result
    }

    private static func gid(_ name: String, _ groups: [[String]]) throws(Fault) -> UInt32 {
        if let entry = groups.first(where: { $0.count >= 3 && $0[0] == name }), let gid = UInt32(entry[2]) {
            return gid
        }
        if let gid = UInt32(name), gid <= UInt32(Int32.max) { return gid }
        throw Fault(.invalid, "unable to find group \(name): no matching entries in group file")
    }

    private static func entries(_ file: String) -> [[String]] {
        file.split(separator: "\n").map { $0.split(separator: ":", omittingEmptySubsequences: false).map(String.init) }
    }
}
