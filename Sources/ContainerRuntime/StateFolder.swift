import CLinux
import Fault
import JSON
import Linux

/// A container's folder below the runtime's state root: what the runtime knows about it, for this process and the next.
struct StateFolder: Sendable {
    let path: String

    private static let configuration = "config.json"
    private static let pidFile = "pid"
    private static let monitorLog = "monitor.log"
    /// A configuration the size of which this is would not come from an engine.
    private static let configurationLimit = 16 << 20

    /// Throws `conflict` when it is there already.
    func make(_ id: String) throws {
        do throws(KernelError) {
            try kernel("mkdir", path) { mkdir(path, 0o700) }
        } catch {
            if error.errno == EEXIST { throw Fault(.conflict, "container with id exists: \(id)") }
            throw error
        }
    }

    var exists: Bool { access(path, F_OK) == 0 }

    /// Not synced: the folder means nothing after a reboot.
    func write(configuration: JSON) throws { try write(Self.configuration, configuration.bytes()) }
    /// Written when the container has been made; a folder without it is a launch that was cut short.
    func write(pid: Int32) throws { try write(Self.pidFile, Array("\(pid)\n".utf8)) }
    func write(exit: Exit) throws {
        try write(StateFile.exit, Array("\(exit.code) \(exit.oomKilled ? 1 : 0) \(exit.finishedAt)\n".utf8))
    }

    private func write(_ name: String, _ bytes: [UInt8]) throws {
        let temporary = "\(path)/\(name).tmp"
        try OwnedDescriptor.open(temporary, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600).writeAll(bytes, subject: name)
        try kernel("rename", temporary) { rename(temporary, "\(path)/\(name)") }
    }

    func configuration() throws -> JSON {
        try JSON(parsing: KernelFile.bytes("\(path)/\(Self.configuration)", limit: Self.configurationLimit))
    }

    var pid: Int32? { KernelFile.line("\(path)/\(Self.pidFile)").flatMap { Int32($0) } }

    var exit: Exit? {
        KernelFile.line("\(path)/\(StateFile.exit)").flatMap { Self.exit($0.split(separator: " ")[...]) }
    }

    /// Of an exec whose container has ended.
    func exit(ofExec id: String) -> Exit? {
        guard let text = try? KernelFile.read("\(path)/\(StateFile.execs)") else { return nil }
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.first == id[...] { return Self.exit(words.dropFirst()) }
        }
        return nil
    }

    private static func exit(_ words: ArraySlice<Substring>) -> Exit? {
        guard words.count == 3, let code = Int32(words[words.startIndex]),
            let finishedAt = Int64(words[words.startIndex + 2])
        else { return nil }
        return Exit(code: code, oomKilled: words[words.startIndex + 1] == "1", finishedAt: finishedAt)
    }

    func openMonitorLog() throws -> OwnedDescriptor {
        try OwnedDescriptor.open("\(path)/\(Self.monitorLog)", O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
    }

    /// Takes the folder and its files away; it has no folders in it. Who waits for the container may write its end into
    /// it meanwhile, once.
    func remove() throws {
        var tries = 10
        while true {
            unlinkFiles()
            do throws(KernelError) {
                try kernel("rmdir", path) { rmdir(path) }
                return
            } catch {
                if error.errno == ENOENT { return }
                tries -= 1
                guard error.errno == ENOTEMPTY, tries > 0 else { throw error }
            }
        }
    }

    private func unlinkFiles() {
        guard let listing = opendir(path) else { return }
        defer { closedir(listing) }
        while let entry = readdir(listing) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { unlink("\(path)/\(name)") }
        }
    }

    /// Names of the folders below `root`.
    static func ids(below root: String) -> [String] {
        guard let listing = opendir(root) else { return [] }
        defer { closedir(listing) }
        var ids: [String] = []
        while let entry = readdir(listing) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { ids.append(name) }
        }
        return ids.sorted()
    }
}
