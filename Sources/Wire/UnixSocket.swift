import Fault
import Glibc
import NIOCore

/// A listening unix socket: made with its owner and mode before anybody can connect.
package enum UnixSocket {
    /// A socket file that nobody answers behind is replaced.
    static func listen(at path: String, group: String, needsGroup: Bool, mode: mode_t = 0o660) throws(Fault) -> CInt {
        let owner = groupID(group)
        if owner == nil, needsGroup {
            throw Fault(.invalid, "failed to listen on unix://\(path): group \(group) not found")
        }
        func fault(_ step: String) -> Fault {
            Fault(.internalFault, "failed to listen on unix://\(path): \(step): \(errorText(errno))")
        }
        let descriptor = socket(
            AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue) | CInt(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw fault("socket") }
        do throws(Fault) {
            // EAGAIN: somebody listens and has no room for another caller.
            if try withAddress(path, { Glibc.connect(descriptor, $0, $1) }) == 0 || errno == EAGAIN {
                throw Fault(.conflict, "can't listen on unix://\(path): another daemon is running there")
            }
            unlink(path)
            let bound = try withAddress(path) { bind(descriptor, $0, $1) }
            guard bound == 0 else { throw fault("bind") }
            // Nobody can connect before listen(2), so the mode is in force from the first connection on.
            guard chmod(path, mode) == 0 else { throw fault("chmod") }
            if let owner, chown(path, 0, owner) != 0 { throw fault("chown") }
            guard Glibc.listen(descriptor, 1_024) == 0 else { throw fault("listen") }
            return descriptor
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    static func remove(_ path: String) { unlink(path) }

    /// Whether somebody accepts connections there now.
    package static func answers(_ path: String) -> Bool {
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { Glibc.close(descriptor) }
        return (try? withAddress(path) { Glibc.connect(descriptor, $0, $1) }) == 0
    }

    private static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt) throws(Fault)
        -> CInt
    {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path) - 1
        let bytes = Array(path.utf8)
        guard bytes.count <= room, !bytes.isEmpty else {
            throw Fault(.invalid, "socket path must have 1 to \(room) bytes: \(path)")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    /// From /etc/group itself: the C library's look-up would load its name-service modules into a static program.
    private static func groupID(_ name: String) -> gid_t? {
        guard let file = fopen("/etc/group", "re") else { return nil }
        defer { fclose(file) }
        var line: UnsafeMutablePointer<CChar>?
        var room = 0
        defer { free(line) }
        while getline(&line, &room, file) > 0, let text = line {
            let fields = String(cString: text).split(separator: ":", omittingEmptySubsequences: false)
            if fields.count >= 3, fields[0] == name { return gid_t(fields[2]) }
        }
        return nil
    }
}

func errorText(_ code: CInt) -> String { String(cString: strerror(code)).lowercasedFirst }

extension String {
    /// "Connection refused" as Go writes it: "connection refused".
    fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
