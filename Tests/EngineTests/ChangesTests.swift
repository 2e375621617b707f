import CLinux
import Linux
import Testing

@testable import Engine
@testable import ImageStore

/// Whiteouts are devices, which only root makes.
@Suite(.enabled(if: geteuid() == 0)) struct ChangesTests {
    private static func withLayers(_ body: (_ upper: String, _ lowers: [String]) throws -> Void) throws {
        let folder = "/tmp/hako-changes-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        defer { try? FileTree.remove(folder) }
        let layers = ["upper", "lower1", "lower0"].map { folder + "/" + $0 }
        for layer in layers { try KernelFile.makeFolders(layer, mode: 0o755) }
        try body(layers[0], Array(layers[1...]))
    }

    private static func file(_ path: String, _ text: String = "x") throws {
        try KernelFile.makeFolders(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]), mode: 0o755)
        try OwnedDescriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644).writeAll(Array(text.utf8))
    }

    private static func whiteout(_ path: String) throws {
        try KernelFile.makeFolders(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]), mode: 0o755)
        try kernel("mknod", path) { mknod(path, mode_t(S_IFCHR), 0) }
    }

    private static func changes(_ upper: String, _ lowers: [String], mountPoints: Set<String> = []) throws -> [String] {
        let snapshot = Snapshot(lowers: lowers, upper: upper, work: "", merged: "")
        return try LayerChanges(snapshot, mountPoints: mountPoints).list().map { change in
            switch change.kind {
            case .modified: "C \(change.path)"
            case .added: "A \(change.path)"
            case .deleted: "D \(change.path)"
            }
        }
    }

    @Test("added, changed and deleted files are told apart across all layers")
    func kinds() throws {
        try Self.withLayers { upper, lowers in
            try Self.file(lowers[1] + "/etc/old")
            try Self.file(lowers[1] + "/etc/gone")
            try Self.file(lowers[0] + "/etc/kept")
            try Self.whiteout(lowers[0] + "/etc/hidden")
            try Self.file(lowers[1] + "/etc/hidden")
            try Self.file(upper + "/etc/old", "changed")
            try Self.whiteout(upper + "/etc/gone")
            try Self.file(upper + "/etc/hidden")
            try Self.file(upper + "/new/file")
            #expect(
                try Self.changes(upper, lowers) == [
                    "C /etc", "D /etc/gone", "A /etc/hidden", "C /etc/old", "A /new", "A /new/file",
                ])
        }
    }

    @Test("a folder that was removed and made again shows what went with the old one")
    func opaqueFolders() throws {
        try Self.withLayers { upper, lowers in
            try Self.file(lowers[1] + "/data/one")
            try Self.file(lowers[1] + "/data/two")
            try Self.file(upper + "/data/two")
            try kernel("setxattr", upper) { setxattr(upper + "/data", "trusted.overlay.opaque", "y", 1, 0) }
            #expect(try Self.changes(upper, lowers) == ["C /data", "D /data/one", "C /data/two"])
        }
    }

    @Test("what is made only to mount something over is no change")
    func mountPoints() throws {
        try Self.withLayers { upper, lowers in
            try KernelFile.makeFolders(lowers[0] + "/etc", mode: 0o755)
            try Self.file(upper + "/etc/hosts", "")
            try Self.file(upper + "/etc/resolv.conf", "")
            try KernelFile.makeFolders(upper + "/volume", mode: 0o755)
            #expect(try Self.changes(upper, lowers, mountPoints: ["/volume"]).isEmpty)
            try Self.file(upper + "/etc/mine")
            #expect(try Self.changes(upper, lowers, mountPoints: ["/volume"]) == ["C /etc", "A /etc/mine"])
        }
    }

    @Test("links in a layer lead nowhere")
    func links() throws {
        try Self.withLayers { upper, lowers in
            symlink("/etc", upper + "/way")
            symlink("/usr", lowers[0] + "/lib")
            try Self.file(upper + "/lib/x")
            #expect(try Self.changes(upper, lowers) == ["C /lib", "A /lib/x", "A /way"])
        }
    }
}
