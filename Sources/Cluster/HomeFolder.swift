import CLinux
import Fault
import JSON
import Linux

/// Where clusters' settings lie: `HAKO_HOME`, else `~/.hako`.
package struct HomeFolder: Sendable {
    package let path: String

    package init(_ environment: [String: String]) {
        if let own = environment["HAKO_HOME"], !own.isEmpty {
            path = own
        } else {
            path = (environment["HOME"] ?? "/root") + "/.hako"
        }
    }

    var profiles: String { path + "/profiles" }
    func folder(of profile: String) -> String { "\(profiles)/\(profile)" }
    /// The folder that minikube calls the machine's; what is said at its removal names it.
    package func machine(_ node: String) -> String { "\(path)/machines/\(node)" }

    // MARK: Profiles

    /// Nil when there is none of that name.
    package func profile(_ name: String) throws(Fault) -> Profile? {
        let file = folder(of: name) + "/config.json"
        let bytes: [UInt8]
        do throws(KernelError) { bytes = try KernelFile.bytes(file, limit: Limit.profileBytes) } catch {
            if error.errno == ENOENT || error.errno == ENOTDIR { return nil }
            throw Fault(.internalFault, "profile \(name) can't be read: \(error)")
        }
        do { return try Profile(JSON(parsing: bytes)) } catch {
            throw Fault(
                .internalFault,
                "profile \(name) is damaged: \(file): \(sentence(error)); `hako delete -p \(name)` takes it away")
        }
    }

    /// In the alphabet's order.
    package func profileNames() -> [String] { KernelFile.names(in: profiles).sorted() }

    /// Replaces the profile's file whole, durably.
    package func save(_ profile: Profile) throws(Fault) {
        let folder = folder(of: profile.name)
        do throws(KernelError) {
            try Self.makeFolders(folder)
            try KernelFile.replace(folder + "/config.json", Array((profile.json.pretty() + "\n").utf8))
        } catch {
            throw Fault(.internalFault, "profile \(profile.name) can't be saved: \(error)")
        }
    }

    /// Idempotent. Folders above that are empty then go, too.
    package func remove(_ name: String) throws(Fault) {
        do throws(KernelError) {
            for file in KernelFile.names(in: folder(of: name)) {
                let path = folder(of: name) + "/" + file
                try kernel("unlink", path) { unlink(path) }
            }
            for path in [folder(of: name), profiles] { _ = rmdir(path) }
            if profileNames().isEmpty { _ = unlink(lockFile) }
            _ = rmdir(self.path)
        } catch {
            throw Fault(.internalFault, "profile \(name) can't be removed: \(error)")
        }
    }

    static func makeFolders(_ path: String) throws(KernelError) {
        var at = ""
        for part in path.split(separator: "/") {
            at += "/" + part
            do { try kernel("mkdir", at) { mkdir(at, 0o700) } } catch  where error.errno == EEXIST {}
        }
    }
}

enum Limit {
    /// Largest profile that is read, in bytes.
    static let profileBytes = 1 << 20
    /// Nodes of one cluster: their addresses are in one range of 256.
    static let nodes = 200
}
